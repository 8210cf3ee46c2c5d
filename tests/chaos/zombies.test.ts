import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { queryRow } from '../support/published.ts';
import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { campaignResults } from './campaign-results.ts';
import { startCluster } from './harness/cluster.ts';
import { copyBuild, SHORT_LOCKS, type PrivateBuild } from './harness/private-build.ts';
import type { LogLine, WorkerProcess } from './harness/worker-process.ts';
import { startZombieLane, zombieSettings, type ZombieLane } from './zombie-lane.ts';

/** Tries per stage. A campaign wants more: `npm run chaos:zombies`. */
const TRIES = Number(process.env['CHAOS_ZOMBIE_TRIES'] ?? 0);
const TRY_MS = 30_000;
const ROWS = 2000;

interface Site {
  readonly at: string;
  /** What it is about to do or has done; null for the middle of a model, where no call of Node can be met. */
  readonly pattern: string | null;
  /** What the other worker says of the run before the zombie may go on; by default the run has to be published. */
  readonly otherSays?: string;
  /** Who is fenced, and by what: the zombie, unless it holds the lock of the destination. */
  readonly fenced: { readonly who: 'zombie' | 'other'; readonly by: string };
}

const LOST = { who: 'zombie', by: 'fenced: the lock of the job lapsed' } as const;
const LATE = { who: 'zombie', by: 'fenced: another attempt has committed' } as const;
const LEDGER = 'fenced: the run is published already';

const beforeManifest = (task: string): Site => ({
  at: 'before its manifest',
  pattern: `before link .*/tasks/${task}`,
  fenced: LATE,
});
const afterManifest = (task: string): Site => ({
  at: 'between its manifest and the acknowledgement',
  pattern: `after link .*/tasks/${task}`,
  // The run goes on without either of them: the reconciler enqueues what comes next.
  otherSays: 'already done',
  fenced: LOST,
});

/** Takes a second or more while it writes, and gives each number once. */
const SLOW_MODEL = `SELECT id, note FROM numbers, range(60_000) AS repeated(x) WHERE x = 0 OR x * x + id < 0\n`;

interface Stage {
  readonly service: Service;
  readonly model?: string;
  readonly sites: readonly Site[];
}

const STAGES: readonly Stage[] = [
  {
    service: 'extractor',
    sites: [
      {
        at: 'in the middle of its file',
        pattern: String.raw`before link .*/staged/.*[.]00004[.]`,
        fenced: LATE,
      },
      beforeManifest('extract-'),
      afterManifest('extract-'),
    ],
  },
  {
    service: 'transformer',
    model: SLOW_MODEL,
    sites: [
      { at: 'in the middle of its model', pattern: null, fenced: LATE },
      { at: 'before its object has a name', pattern: 'before link .*/modeled/', fenced: LATE },
      beforeManifest('model-'),
      afterManifest('model-'),
    ],
  },
  {
    service: 'loader',
    sites: [
      {
        at: 'before its transaction',
        pattern: 'before exec BEGIN IMMEDIATE',
        fenced: { who: 'zombie', by: LEDGER },
      },
      {
        at: 'inside of its transaction',
        pattern: 'before exec COMMIT',
        otherSays: 'blocked',
        fenced: { who: 'other', by: LEDGER },
      },
      { at: 'right after its transaction', pattern: 'after exec COMMIT', fenced: LATE },
      beforeManifest('load-'),
      afterManifest('load-'),
    ],
  },
];

async function outlive({ numbers, ...lane }: ZombieLane, site: Site): Promise<void> {
  if (site.pattern !== null) await lane.arm(site.pattern);
  const run = await numbers.request();
  const says = (worker: WorkerProcess, text: string) =>
    worker.lines.some(
      (line) => String(line['job'] ?? line['run']).startsWith(run) && String(line['msg']).startsWith(text),
    );
  const { zombie, other, goOn } = await (site.pattern === null ? lane.stopInModel(run) : lane.stopped());
  try {
    const { otherSays } = site;
    if (otherSays === undefined) await numbers.published(run);
    else
      await until(() => says(other, otherSays), `the other says '${otherSays}' of a task stopped ${site.at}`);
  } finally {
    goOn();
  }
  const fenced = site.fenced.who === 'zombie' ? zombie : other;
  await until(() => says(fenced, site.fenced.by), `the ${site.fenced.who} is fenced after a stop ${site.at}`);
  await numbers.published(run);
  expect(numbers.loaded(run)).toEqual(numbers.all);
}

let folder: string;
let build: PrivateBuild;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'zombies-')));
  build = await copyBuild(path.join(folder, 'build'), SHORT_LOCKS);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.concurrent.each(STAGES)(
  'a $service that was stopped longer than its lock doubles nothing when it goes on, and goes on working',
  async ({ service, sites, ...stage }) => {
    const own = path.join(folder, service);
    await mkdir(own);
    const cluster = await startCluster(build, own, zombieSettings(own));
    const tries = TRIES === 0 ? sites.length : TRIES;
    try {
      const lane = await startZombieLane(cluster, { service, rows: ROWS, ...stage });
      for (let index = 0; index < tries; index += 1) await outlive(lane, sites[index % sites.length] as Site);
      const { database } = lane.numbers;
      expect(queryRow(database, 'SELECT count(*) AS runs FROM _millrace_loads')).toEqual({ runs: tries });
      expect(queryRow(database, 'PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
      campaignResults.add('zombies', `${service} ${folder}`, { stage: service, tries });
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  },
  TRY_MS * Math.max(TRIES, 4),
);

it.concurrent(
  'a loader that was stopped with all rows written publishes nothing of a run that was cancelled',
  async () => {
    const own = path.join(folder, 'cancelled');
    await mkdir(own);
    const cluster = await startCluster(build, own, zombieSettings(own));
    try {
      const { numbers, ...lane } = await startZombieLane(cluster, { service: 'loader', rows: ROWS });
      // It holds the transaction open and is about to decide that the run is published.
      await lane.arm('before link .*/decision[.]json');
      const run = await numbers.request();
      const { zombie, goOn } = await lane.stopped();
      try {
        expect(await cluster.cli('cancel', run)).toMatchObject({ code: 0, stderr: '' });
      } finally {
        goOn();
      }
      const left = ({ run: of, msg }: LogLine) => of === run && String(msg).startsWith('broken off');
      await until(() => zombie.lines.some(left), 'the zombie leaves the run');
      expect((await cluster.store.load(run)).status).toBe('cancelled');
      // Whoever loads next needs the database, which the zombie had locked.
      const next = await numbers.request();
      await numbers.published(next);
      expect(numbers.loaded(next)).toEqual(numbers.all);
      expect(numbers.loaded(run)).toMatchObject({ rows: 0 });
      const ledger = queryRow(
        numbers.database,
        'SELECT count(*) AS runs, min(run_id) AS run FROM _millrace_loads',
      );
      expect(ledger).toEqual({ runs: 1, run: next });
    } finally {
      expect(await cluster.stop()).toEqual([]);
    }
  },
);
