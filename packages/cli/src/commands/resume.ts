import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';

import { TERMINAL_STATUSES, type RunStatus } from '@millrace/shared/core/status';
import { createLogger } from '@millrace/shared/runtime/logger';
import { createReconciler } from '@millrace/shared/runtime/reconciler';
import type { RunStore } from '@millrace/shared/runtime/run-store';

import { createCommand, type CommandContext } from '../command.ts';
import { sum } from '@millrace/shared/core/report/run-view';
import { findRun, type FoundRun } from '../find-run.ts';
import { localConfig } from '../local-config.ts';
import { plural } from '../render/quantity.ts';
import { requireWorkers } from '../stack/find-workers.ts';
import type { Terminal } from '../terminal.ts';
import { withQueue } from '../with-queue.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'resume',
    'Adds the jobs that unfinished runs lack, such as after Redis was emptied. Workers do the same by themselves, in seconds.',
    [
      'millrace resume                           # all runs that have not ended',
      'millrace resume 20261122T060000-1a2b3c4d',
    ],
  )
    .argument('[run]', 'id of the run; all that have not ended by default')
    .action((run: string | undefined) => resume(terminal, run));
}

interface ResumedRun {
  readonly run: string;
  readonly pipeline: string;
  readonly status: RunStatus;
  readonly jobsAdded: number;
}

async function resume(terminal: Terminal, given: string | undefined): Promise<void> {
  const config = localConfig();
  const found = await findRun(config, given);
  const runs = given === undefined ? await unendedRuns(found.store) : [given];
  const workers = await requireWorkers(
    config,
    'Start one with `millrace up`: it resumes what has not ended.',
  );
  const resumed = await withQueue(config, workers.redisUrl, async (queue) => {
    const by = `resume by ${userInfo().username}@${hostname()}`;
    const silent = createLogger({ logLevel: 'silent' }, 'cli');
    const reconciler = createReconciler(found.store, queue, by, silent);
    const all: ResumedRun[] = [];
    for (const run of runs) all.push(await resumeRun(found, run, () => reconciler.reconcileRun(run)));
    return all;
  });
  if (terminal.json) terminal.printJson({ runs: resumed.map(toJson), jobs_added: countJobs(resumed) });
  else terminal.print(...describe(resumed));
  if (countJobs(resumed) > 0 && !workers.complete)
    terminal.remark('Not every stage has a worker now: the jobs wait until they are there.');
}

async function resumeRun(
  { store }: FoundRun,
  run: string,
  reconcile: () => Promise<number>,
): Promise<ResumedRun> {
  // First, because it says what to do about a run that does not exist.
  await store.load(run);
  const jobsAdded = await reconcile();
  const { request, status } = await store.load(run);
  return { run, pipeline: request.pipeline, status, jobsAdded };
}

async function unendedRuns(store: RunStore): Promise<string[]> {
  const unended: string[] = [];
  for (const run of await store.list()) {
    // A run that is being requested at this moment has its folder before its request.
    if ((await store.request(run)) === null) continue;
    if (!TERMINAL_STATUSES.includes((await store.load(run)).status)) unended.push(run);
  }
  return unended;
}

const countJobs = (resumed: readonly ResumedRun[]) => sum(resumed, ({ jobsAdded }) => jobsAdded);

function describe(resumed: readonly ResumedRun[]): string[] {
  if (resumed.length === 0) return ['Every run has ended: nothing to resume.'];
  return resumed.map(({ run, pipeline, status, jobsAdded }) => {
    if (jobsAdded > 0) return `resumed ${pipeline} ${run} (${status}): added ${plural(jobsAdded, 'job')}`;
    const why = TERMINAL_STATUSES.includes(status) ? 'it has ended' : 'no job was missing';
    return `nothing to add to ${pipeline} ${run} (${status}): ${why}`;
  });
}

function toJson({ run, pipeline, status, jobsAdded }: ResumedRun) {
  return { run, pipeline, status, jobs_added: jobsAdded };
}
