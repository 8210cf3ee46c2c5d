import { TERMINAL_STATUSES } from '@millrace/shared/core/status';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { RunDetail, RunLive } from '../../../../src/api/run.ts';
import type { TaskRow, TasksPage } from '../../../../src/api/task.ts';
import { ApiFailure, get } from '../../api/client.ts';
import { useEvents } from '../../api/events.ts';
import { useResource, type Resource } from '../../api/resource.ts';
import { pathTo } from '../../router.ts';

/** A run as it is now: asked for once, kept up to date by events, asked for again when it changes its course. */
export function useRun(run: string): Resource<RunDetail> {
  const detail = useResource<RunDetail>(`/api${pathTo('runs', run)}`);
  useEvents(`run=${encodeURIComponent(run)}`, {
    run: (live) => {
      if (live.run !== run) return;
      const before = detail.data;
      detail.update((known) => ({ ...known, live }));
      if (before !== null && changesCourse(before, live)) detail.refresh();
    },
  });
  return detail;
}

function changesCourse(before: RunDetail, live: RunLive): boolean {
  return (
    before.live.status !== live.status ||
    before.live.round !== live.round ||
    Object.keys(live.nodes).some((id) => !(id in before.live.nodes))
  );
}

export interface Tasks {
  /** In the order of the plan; null before they are known. */
  readonly tasks: readonly TaskRow[] | null;
  readonly failure: ApiFailure | null;
}

/** The tasks of a run: all of them once, afterwards what has changed. One question at a time, however fast they change. */
export function useTasks(run: string, version: number | null): Tasks {
  const [state, setState] = useState<Tasks>({ tasks: null, failure: null });
  const known = useRef({ version: -1, byId: new Map<string, TaskRow>(), busy: false });
  const [settled, setSettled] = useState(0);
  useEffect(() => {
    const memory = known.current;
    if (version === null || memory.busy || version <= memory.version) return;
    memory.busy = true;
    const since = memory.version < 0 ? '' : `?since=${memory.version}`;
    get<TasksPage>(`/api${pathTo('runs', run, 'tasks')}${since}`)
      .then((page) => {
        if (page.complete) memory.byId.clear();
        for (const task of page.tasks) memory.byId.set(task.id, task);
        memory.version = Math.max(page.version, version);
        const tasks = [...memory.byId.values()].sort((a, b) => a.index - b.index);
        setState({ tasks, failure: null });
      })
      .catch((error: unknown) => {
        if (!(error instanceof ApiFailure)) throw error;
        setState((before) => ({ ...before, failure: error }));
      })
      .finally(() => {
        memory.busy = false;
        setSettled((count) => count + 1);
      });
  }, [run, version, settled]);
  return state;
}

export function isOpen({ status }: Pick<RunLive, 'status'>): boolean {
  return !TERMINAL_STATUSES.includes(status);
}
