import { setTimeout as delay } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { queryRow } from '../support/published.ts';
import type { TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { startZombieLane, type ZombieLane } from './zombie-lane.ts';

/** Tries per stage. A campaign wants more: `npm run chaos:zombies`. */
const TRIES = Number(process.env['CHAOS_ZOMBIE_TRIES'] ?? 0);
const TRY_MS = 60_000;
const ROWS = 2000;

interface Site {
  readonly at: string;
  readonly pattern: string;
  /** Whether the others can finish the run while the zombie is stopped. */
  readonly holdsLock?: boolean;
}

const manifest = (when: 'before' | 'after', task: string): Site => ({
  at: `${when} the manifest`,
  pattern: `${when} link .*/tasks/${task}`,
});

const STAGES = [
  {
    service: 'extractor',
    sites: [
      { at: 'in the middle of its file', pattern: 'before link .*/staged/.*\\.00004\\.' },
      manifest('before', 'extract-'),
      manifest('after', 'extract-'),
    ],
  },
  {
    service: 'transformer',
    sites: [
      { at: 'before its object has a name', pattern: 'before link .*/modeled/' },
      manifest('before', 'model-'),
      manifest('after', 'model-'),
    ],
  },
  {
    service: 'loader',
    sites: [
      { at: 'before its transaction', pattern: 'before exec BEGIN IMMEDIATE' },
      { at: 'inside of its transaction', pattern: 'before exec COMMIT', holdsLock: true },
      manifest('before', 'load-'),
      manifest('after', 'load-'),
    ],
  },
] as const;

const isPublished = async ({ stack }: ZombieLane, run: string) =>
  (await stack.store.load(run)).status === 'published';

function fencedLines(worker: TestWorker, run: string): string[] {
  return worker.lines
    .filter((line) => line['run'] === run || String(line['job']).startsWith(run))
    .map(({ msg }) => String(msg))
    .filter((msg) => msg.startsWith('fenced'));
}

async function outlive(lane: ZombieLane, site: Site): Promise<void> {
  await lane.arm(site.pattern);
  const run = await lane.request();
  const { zombie, other } = await lane.stopped();
  try {
    if (site.holdsLock === true) {
      // Longer than the lock: another worker has the job then, and waits for the database.
      await delay(10_000);
      expect(await isPublished(lane, run)).toBe(false);
    } else {
      await until(
        () => isPublished(lane, run),
        `run ${run} is published while a worker is stopped ${site.at}`,
      );
    }
  } finally {
    zombie.send('SIGCONT');
  }
  await until(() => isPublished(lane, run), `run ${run} is published`);
  await until(
    () => fencedLines(site.holdsLock === true ? other : zombie, run).length > 0,
    `somebody is fenced after a stop ${site.at}`,
  );
  await lane.stack.settled();
  expect(
    queryRow(
      lane.database,
      `SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(id) AS total FROM numbers_kept WHERE _run_id = '${run}'`,
    ),
  ).toEqual({ rows: ROWS, ids: ROWS, total: (ROWS * (ROWS - 1)) / 2 });
}

it.concurrent.each(STAGES)(
  'a $service that was stopped longer than its lock doubles nothing when it goes on, and goes on working',
  async ({ service, sites }) => {
    const lane = await startZombieLane(service, ROWS);
    try {
      const tries = TRIES === 0 ? sites.length : TRIES;
      for (let index = 0; index < tries; index += 1) await outlive(lane, sites[index % sites.length] as Site);
      expect(queryRow(lane.database, 'SELECT count(*) AS runs FROM _millrace_loads')).toEqual({
        runs: tries,
      });
      expect(queryRow(lane.database, 'PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
    } finally {
      await lane.stack.stop();
    }
  },
  TRY_MS * Math.max(TRIES, 4),
);
