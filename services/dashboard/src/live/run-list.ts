import { createProgressMeter } from '@millrace/shared/core/report/run-progress';
import { reportRun, type RunReport } from '@millrace/shared/core/report/run-report';
import { TERMINAL_STATUSES, type RunStatus } from '@millrace/shared/core/status';
import type { RunState, RunStore } from '@millrace/shared/runtime/run-store';

import type { RunPoint } from '../api/pipeline.ts';
import type { RunSummary } from '../api/run.ts';
import { pointOf } from '../view/run-point.ts';
import { fractionOf, summarize } from '../view/run-summary.ts';
import type { RunFeed } from './run-feed.ts';

export interface RunFilter {
  readonly pipeline?: string | undefined;
  /** Empty for all. */
  readonly statuses?: readonly RunStatus[];
  /** Only runs requested at this time or later, ISO UTC. */
  readonly since?: string | undefined;
  /** Only runs older than this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface RunList {
  /** The newest first. `nextBefore` is where to go on, null at the end; after many that do not fit it ends early. */
  find(filter: RunFilter): Promise<{ runs: RunSummary[]; nextBefore: string | null }>;
  /** Of a run that was found; null for one that was found so long ago that it is forgotten. */
  point(run: string): RunPoint | null;
  /** What was known of a run is old: it was changed from here. */
  expire(run: string): void;
}

/** Summaries kept, at about 1 kB each. */
const KEPT = 5000;
/** Runs looked at for one answer: each that is not known yet costs reading all of its manifests. */
const LOOKED_AT = 500;
/** A failed run may be retried by another process. */
const FAILED_FRESH_MS = 5000;

interface Found {
  readonly summary: RunSummary;
  readonly point: RunPoint;
}

interface Known extends Found {
  readonly freshUntil: number;
}

/**
 * @param store used for nothing else: runs of the past would drive those that are watched out of its memory
 */
export function createRunList(store: RunStore, feed: RunFeed): RunList {
  const known = new Map<string, Known>();

  async function summaryOf(run: string): Promise<RunSummary | null> {
    const before = known.get(run);
    if (before !== undefined && performance.now() < before.freshUntil) return before.summary;
    if (before?.summary.status === 'failed' && (await store.round(run)) === before.summary.round) {
      keep(before);
      return before.summary;
    }
    // A run that is being requested at this moment has its folder before its request.
    if ((await store.request(run)) === null) return null;
    const found = before === undefined ? await firstLook(run) : await ofWatched(run);
    if (TERMINAL_STATUSES.includes(found.summary.status)) keep(found);
    else known.set(run, { ...found, freshUntil: 0 });
    return found.summary;
  }

  /** Most runs ended long ago, and are not to be watched. */
  async function firstLook(run: string): Promise<Found> {
    const state = await store.load(run);
    return TERMINAL_STATUSES.includes(state.status) ? ofEnded(state) : ofWatched(run);
  }

  async function ofWatched(run: string): Promise<Found> {
    const { state, report, live } = await feed.look(run);
    return describe(state, report(), live.fraction);
  }

  function keep({ summary, point }: Found): void {
    const fresh =
      summary.status === 'failed' ? performance.now() + FAILED_FRESH_MS : Number.POSITIVE_INFINITY;
    known.delete(summary.run);
    known.set(summary.run, { summary, point, freshUntil: fresh });
    for (const oldest of [...known.keys()].slice(0, known.size - KEPT)) known.delete(oldest);
  }

  return {
    expire(run) {
      feed.expire(run);
      known.delete(run);
    },
    point: (run) => known.get(run)?.point ?? null,
    async find({ pipeline, statuses = [], since, before, limit }) {
      const runs: RunSummary[] = [];
      let looked = 0;
      let last: string | null = null;
      for (const run of await store.list()) {
        if (before !== undefined && run >= before) continue;
        if (since !== undefined && run < idSince(since)) return { runs, nextBefore: null };
        if (runs.length === limit || looked === LOOKED_AT) return { runs, nextBefore: last };
        last = run;
        if (pipeline !== undefined && (await store.request(run))?.pipeline !== pipeline) continue;
        looked += 1;
        const summary = await summaryOf(run);
        if (summary === null || (statuses.length > 0 && !statuses.includes(summary.status))) continue;
        runs.push(summary);
      }
      return { runs, nextBefore: null };
    },
  };
}

/** Ids begin with the time of request. */
function idSince(time: string): string {
  return time.slice(0, 19).replaceAll(/[-:]/g, '');
}

function ofEnded(state: RunState): Found {
  const { stages } = createProgressMeter()(state, [], 0);
  return describe(state, reportRun(state), fractionOf(stages));
}

function describe(state: RunState, report: RunReport, fraction: number): Found {
  const summary = summarize(state, report, fraction);
  return { summary, point: pointOf(summary, report) };
}
