import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { pruneBucket } from '@millrace/shared/runtime/prune-bucket';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { createRunStore, type RunState } from '@millrace/shared/runtime/run-store';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const SOURCES = ['a', 'b', 'c'] as const;
const PIPELINE = `sources:
${SOURCES.map((name) => `  ${name}: { type: csv, path: data/${name}.csv, tables: { ${name}: { columns: { id: { type: integer, required: true } } } } }`).join('\n')}
models:
  found: { load: append }
destination: { type: sqlite, path: out.db }
`;
const MODEL = SOURCES.map((name) => `SELECT '${name}' AS kind, id FROM ${name}`).join(' UNION ALL ');
/** Removes all that nobody needs but the newest published run; what workers write meanwhile is young. */
const GREEDY = { keep: 1, olderThanMs: 0, graceMs: 60_000 };
const BY = 'prune by a test';

let stack: TestStack;
let bucket: Bucket;
beforeAll(async () => {
  stack = await startTestStack();
  bucket = await openFolderBucket(path.join(stack.folder, 'home/bucket'));
});
afterAll(() => stack.stop());

let pipeline: string;
let count = 0;
beforeEach(async () => {
  count += 1;
  pipeline = path.join(stack.folder, `prune_${count}`);
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await mkdir(path.join(pipeline, 'data'));
  await writeFile(path.join(pipeline, 'pipeline.yml'), `name: prune_${count}\n${PIPELINE}`);
  await writeFile(path.join(pipeline, 'models/found.sql'), `${MODEL}\n`);
  for (const source of SOURCES) await writeIds(source, 1);
});

/** Ten rows that can be told from those of another `first`, and a bad one. */
async function writeIds(source: string, first: number): Promise<void> {
  const ids = Array.from({ length: 10 }, (_, at) => first + at);
  await writeFile(path.join(pipeline, `data/${source}.csv`), `id\n${ids.join('\n')}\nbad\n`);
}

async function runPipeline(): Promise<RunState> {
  const { code, stdout, stderr } = await stack.cli('run', pipeline, '--wait', '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return load((JSON.parse(stdout) as { run: string }).run);
}

/** Not from the stack's own store: what others have changed must not come from a memory. */
const load = (run: string) => createRunStore(bucket).load(run);

const sumsOf = ({ request }: RunState) =>
  queryRows(
    path.join(pipeline, 'out.db'),
    `SELECT kind, count(*) AS rows, min(id) AS first FROM found WHERE _run_id = '${request.run}' GROUP BY 1 ORDER BY 1`,
  );
const sums = (a: number, b: number, c: number) =>
  [a, b, c].map((first, at) => ({ kind: SOURCES[at], rows: 10, first }));

/** For each source, the run whose batches are used. */
const madeBy = ({ manifests, request }: RunState) =>
  SOURCES.map((source) => {
    const reused = manifests.get(`extract-${source}-00001`)?.extracted?.reused;
    return reused?.run ?? request.run;
  });

const dataOf = async (run: string) =>
  (await bucket.scan(`runs/${run}/`))
    .map(({ key }) => key.split('/').slice(2, 4).join('/'))
    .filter((key) => /^(staged|modeled)\//.test(key))
    .sort();

const prune = (...options: string[]) =>
  stack.cli('prune', `prune_${count}`, '--keep', '1', '--older-than', '0s', ...options);

/** A run that gets to a status and no further. */
async function requested(status: 'failed' | 'loading'): Promise<string> {
  const { stdout } = await stack.cli('run', pipeline, '--json');
  const { run } = JSON.parse(stdout) as { run: string };
  await until(async () => (await load(run)).status === status, `run ${run} is ${status}`);
  return run;
}

/** That a run's data is gone, its rejects included, and that each command that would need them says so. */
async function expectTold(run: string, sentence: string): Promise<void> {
  const objects = await bucket.scan(`runs/${run}/`);
  expect(objects.filter(({ key }) => key.endsWith('.parquet'))).toEqual([]);
  const status = await stack.cli('status', run);
  expect(status.stdout).toMatch(/data pruned 2.*: plan and manifests stay/);
  const rejects = await stack.cli('rejects', run);
  expect(rejects).toMatchObject({ code: 0, stderr: '' });
  expect(rejects.stdout).toContain('3 records rejected');
  expect(rejects.stdout).toContain(sentence);
  const exported = await stack.cli('rejects', run, '--export', 'rejects.ndjson', '--json');
  expect(exported.code).toBe(2);
  expect(JSON.parse(exported.stderr)).toMatchObject({ error: { code: 'data_pruned' } });
  expect(existsSync(path.join(stack.folder, 'rejects.ndjson'))).toBe(false);
  const retried = await stack.cli('retry', run, '--json');
  expect(JSON.parse(retried.stderr)).toMatchObject({ error: { code: 'retry_impossible' } });
}

describe('pruning', () => {
  it('leaves batches that a kept run has taken over, and lets go of them with it', async () => {
    const first = await runPipeline();
    await writeIds('b', 100);
    const second = await runPipeline();
    const [one, two] = [first.request.run, second.request.run];
    expect(madeBy(second)).toEqual([one, two, one]);

    const dry = JSON.parse((await prune('--dry-run', '--json')).stdout) as Record<string, unknown>;
    expect(await dataOf(one)).toEqual(['modeled/found', 'staged/a', 'staged/b', 'staged/c']);
    const done = JSON.parse((await prune('--json')).stdout) as Record<string, unknown>;
    expect(done).toEqual({ ...dry, dry_run: false });
    expect(done).toMatchObject({
      removed_objects: 2,
      runs: [{ run: one, objects: 2 }],
      held: [{ run: one, needed_by: two, objects: 4 }],
      kept: [{ run: two, why: 'newest' }],
    });
    expect(await dataOf(one)).toEqual(['staged/a', 'staged/c']);
    expect(await dataOf(two)).toEqual(['modeled/found', 'staged/b']);

    await writeIds('a', 200);
    const third = await runPipeline();
    const three = third.request.run;
    expect(madeBy(third)).toEqual([three, two, one]);
    expect(sumsOf(third)).toEqual(sums(200, 100, 1));
    await prune();
    expect(await dataOf(one)).toEqual(['staged/c']);
    expect(await dataOf(two)).toEqual(['staged/b']);

    for (const source of SOURCES) await writeIds(source, 300);
    await runPipeline();
    await prune();
    expect([await dataOf(one), await dataOf(two), await dataOf(three)]).toEqual([[], [], []]);
    for (const source of SOURCES) await writeIds(source, 1);
    const last = await runPipeline();
    expect(madeBy(last)).toEqual(SOURCES.map(() => last.request.run));
    expect(sumsOf(last)).toEqual(sumsOf(first));

    const { stdout } = await stack.cli('status', one, '--json');
    const { status, pruned_by } = JSON.parse(stdout) as Record<string, unknown>;
    expect([status, pruned_by]).toEqual(['published', expect.stringMatching(/^prune by /)]);
    expect((await stack.cli('status', one)).stdout).toContain('data pruned 2');
    expect((await stack.cli('rejects', one)).stdout).toContain('3 records rejected');
    expect((await stack.cli('prune', '--json')).code).toBe(0);
  });

  it('of runs that were not published is told of by status, rejects and retry', async () => {
    const database = path.join(pipeline, 'out.db');
    await mkdir(database);
    const failed = await requested('failed');
    await rm(database, { recursive: true });
    expect((await stack.cli('rejects', failed)).stdout).toContain('a.csv');
    expect((await prune()).code).toBe(0);
    await expectTold(failed, `Run ${failed} has failed, and its rejected records were pruned`);

    const holder = new Database(database);
    holder.exec('BEGIN IMMEDIATE; CREATE TABLE other (id)');
    const cancelled = await requested('loading');
    expect((await stack.cli('cancel', cancelled)).code).toBe(0);
    holder.close();
    await expectTold(cancelled, `Run ${cancelled} was cancelled, and its rejected records were pruned`);
  });

  it('never gets in the way of runs, however often it comes, though all but the newest expires at once', async () => {
    const queue = await connectQueue({ redisUrl: stack.redisUrl, prefix: stack.prefix, attempts: 5 });
    const pruning = new AbortController();
    let [rounds, removed] = [0, 0];
    const store = createRunStore(bucket);
    const loop = async () => {
      while (!pruning.signal.aborted) {
        const wish = { policy: GREEDY, pipeline: `prune_${count}`, dryRun: false, by: BY };
        removed += (await pruneBucket(bucket, store, wish)).removals.length;
        rounds += 1;
      }
    };
    const loops = Promise.all([loop(), loop()]);
    const runs: string[] = [];
    try {
      for (let at = 0; at < 6; at += 1) {
        await writeIds('a', at);
        // Two at a time, that take over from each other what they can.
        for (let twin = 0; twin < 2; twin += 1) {
          const deployed = await deployFolder(bucket, pipeline);
          runs.push((await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null })).run);
        }
        await until(async () => {
          const states = await Promise.all(runs.map(load));
          return states.every(({ status }) => /published|failed/.test(status));
        }, 'the runs end');
        for (const run of runs.slice(-2)) {
          const state = await load(run);
          expect(state.failure).toBeNull();
          expect(sumsOf(state)).toEqual(sums(at, 1, 1));
        }
      }
    } finally {
      pruning.abort();
      await loops;
      await queue.close();
    }
    // A busy machine prunes less often.
    expect(rounds).toBeGreaterThan(5);
    expect(removed).toBeGreaterThan(5);
    const reused = (await Promise.all(runs.map(load))).filter((state) =>
      madeBy(state).some((run) => run !== state.request.run),
    );
    expect(reused.length).toBeGreaterThan(2);
  });

  it('that was killed is finished by the next, and what it has begun is taken over by nobody', async () => {
    const first = await runPipeline();
    await writeIds('a', 50);
    for (const source of SOURCES) await writeIds(source, 50);
    await runPipeline();
    let left = 1;
    const dying: Bucket = {
      ...bucket,
      remove: (key) => (left-- > 0 ? bucket.remove(key) : Promise.reject(new Error('killed'))),
    };
    const wish = { policy: GREEDY, pipeline: `prune_${count}`, dryRun: false, by: BY };
    await expect(pruneBucket(dying, createRunStore(dying), wish)).rejects.toThrow('killed');
    expect((await dataOf(first.request.run)).length).toBeGreaterThan(0);
    for (const source of SOURCES) await writeIds(source, 1);
    const again = await runPipeline();
    expect(madeBy(again)).toEqual(SOURCES.map(() => again.request.run));
    expect(sumsOf(again)).toEqual(sumsOf(first));
    await prune();
    expect(await dataOf(first.request.run)).toEqual([]);
  });

  it('removes what killed workers left, when it is old, and nothing that millrace did not make', async () => {
    const { request } = await runPipeline();
    const folder = path.join(stack.folder, 'home/bucket/runs', request.run);
    const old = new Date(Date.now() - 2 * 86_400_000);
    const put = async (name: string, modified: Date | null) => {
      await writeFile(path.join(folder, name), 'rows');
      if (modified !== null) await utimes(path.join(folder, name), modified, modified);
    };
    await put('staged/a/extract-a-00001.deadbeef.00000.parquet', old);
    await put('staged/a/extract-a-00001.0badcafe.00000.parquet', null);
    await put('modeled/found/.0a1b2c3d4e5f.deadbeef.00000.parquet', old);
    await put('modeled/found/.f5e4d3c2b1a0.deadbeef.00000.parquet', null);
    await put('staged/a/notes.txt', old);
    const report = JSON.parse((await prune('--json')).stdout) as Record<string, unknown>;
    expect(report['runs']).toEqual([
      {
        run: request.run,
        objects: 2,
        size_bytes: 8,
        by_reason: { orphan: { objects: 1, size_bytes: 4 }, draft: { objects: 1, size_bytes: 4 } },
      },
    ]);
    expect(await readdir(path.join(folder, 'staged/a'))).toHaveLength(3);
    expect(existsSync(path.join(folder, 'staged/a/notes.txt'))).toBe(true);
    expect(await readdir(path.join(folder, 'modeled/found'))).toHaveLength(2);
  });
});
