import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { requestRun } from '@millrace/shared/runtime/request-run';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const RACES = 30;

/** How long a worker may take to leave a cancelled run. */
const LEFT_WITHIN_MS = 5000;

interface PipelineParts {
  readonly rows: number;
  readonly model?: string;
  /** Small batches take longer. */
  readonly batchRows?: number;
}

/** A pipeline of one file of numbers, with a database of its own. */
async function writePipeline(
  name: string,
  { rows, model = 'SELECT id FROM numbers', batchRows = 50_000 }: PipelineParts,
) {
  const folder = path.join(stack.folder, name);
  await mkdir(path.join(folder, 'models'), { recursive: true });
  const lines = Array.from({ length: rows }, (_, id) => `{"id":${id},"text":"number ${id}"}\n`);
  await writeFile(path.join(folder, 'numbers.ndjson'), lines.join(''));
  await writeFile(path.join(folder, 'models/copied.sql'), `${model}\n`);
  await writeFile(
    path.join(folder, 'pipeline.yml'),
    `name: ${name}
batch: { rows: ${batchRows} }
sources:
  numbers:
    type: json
    path: numbers.ndjson
    tables:
      numbers: { columns: { id: { type: integer, required: true }, text: { type: text } } }
models:
  copied: { load: append }
destination: { type: sqlite, path: out.db }
`,
  );
  return { folder, database: path.join(folder, 'out.db') };
}

async function request(folder: string): Promise<string> {
  const { stdout, stderr, code } = await stack.cli('run', folder, '--json');
  expect(stderr + code).toBe('0');
  return (JSON.parse(stdout) as { run: string }).run;
}

const statusOf = async (run: string) => (await stack.store.load(run)).status;

/** What `status` says the run waits for. */
async function waits(run: string): Promise<string> {
  const { stdout } = await stack.cli('status', run);
  return /waits: (.*)/.exec(stdout)?.[1] ?? '';
}

interface Cancelled {
  readonly status: string;
  readonly already_cancelled: boolean;
  readonly workers_at_work: readonly unknown[] | null;
  readonly removed_objects: number;
}

async function cancel(run: string): Promise<Cancelled> {
  const { stdout, stderr, code } = await stack.cli('cancel', run, '--json');
  expect(stderr + code).toBe('0');
  return JSON.parse(stdout) as Cancelled;
}

/** Runs in the ledger, rows in the table, and what the history says of the run. */
function look(database: string, run: string) {
  const db = new Database(database, { readonly: true, fileMustExist: true });
  try {
    const value = (sql: string) => db.prepare<[string], unknown>(sql).pluck().get(run);
    const hasTable = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'copied'").get() !== undefined;
    return {
      published: value('SELECT count(*) FROM _millrace_loads WHERE run_id = ?'),
      rows: hasTable ? value('SELECT count(*) FROM copied WHERE _run_id = ?') : 0,
      history: value('SELECT group_concat(status) FROM _millrace_runs WHERE run_id = ?'),
    };
  } finally {
    db.close();
  }
}

/** Data objects and drafts of a run that are left in the bucket. */
async function leftOvers(run: string): Promise<string[]> {
  const folder = path.join(stack.folder, 'home/bucket/runs', run);
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.parquet'));
}

const inHistory = (database: string, run: string) =>
  until(() => {
    try {
      return look(database, run).history === 'cancelled';
    } catch {
      // The database comes with its first record.
      return false;
    }
  }, 'the history has the run as cancelled');

describe('a run that is cancelled', () => {
  it('while it is extracted is left by its worker, removed, and recorded', async () => {
    const { folder, database } = await writePipeline('extracting', { rows: 500_000, batchRows: 100 });
    const run = await request(folder);
    await until(async () => (await stack.store.plan(run)) !== null, 'the run is planned');
    const startedMs = Date.now();
    expect(await cancel(run)).toMatchObject({ status: 'cancelled', workers_at_work: [] });
    expect(Date.now() - startedMs).toBeLessThan(LEFT_WITHIN_MS + 2000);
    expect(await statusOf(run)).toBe('cancelled');
    expect(await leftOvers(run)).toEqual([]);
    await inHistory(database, run);
    expect(look(database, run)).toEqual({ published: 0, rows: 0, history: 'cancelled' });
    const again = await stack.cli('cancel', run);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('already');
    expect((await stack.cli('runs', '--pipeline', 'extracting')).stdout).toContain('cancelled');
    expect((await stack.cli('status', run)).stdout).toContain('cancelled');
  });

  it('while a model is at work is left by its worker, and whoever waits for it gets exit code 130', async () => {
    const model =
      'SELECT count(*) AS id FROM range(3000000) AS a(x), range(3000000) AS b(y) WHERE x % 7 = y % 5';
    const { folder, database } = await writePipeline('transforming', { rows: 100, model });
    const waiting = stack.cli('run', folder, '--wait');
    let run = '';
    await until(async () => {
      for (const one of await stack.store.list())
        if ((await stack.store.request(one))?.pipeline === 'transforming') run = one;
      return run !== '' && (await statusOf(run)) === 'transforming';
    }, 'the model is next');
    await delay(500);
    const { removed_objects, workers_at_work } = await cancel(run);
    expect(workers_at_work).toEqual([]);
    expect(removed_objects).toBeGreaterThan(0);
    expect(await leftOvers(run)).toEqual([]);
    const ended = await waiting;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('run_cancelled');
    await inHistory(database, run);
    // The worker that was at it takes the next job.
    const next = await writePipeline('next', { rows: 10 });
    expect((await stack.cli('run', next.folder, '--wait')).code).toBe(0);
  });

  it('while its load waits for a database that another process holds publishes nothing', async () => {
    const { folder, database } = await writePipeline('loading', { rows: 1000 });
    const db = new Database(database);
    db.pragma('journal_mode = WAL');
    db.exec('BEGIN IMMEDIATE; CREATE TABLE other (id)');
    const run = await request(folder);
    await until(
      async () => (await waits(run)).includes('the database is locked'),
      'the load waits, and status says so',
    );
    expect((await stack.cli('workers')).stdout).toContain(`of ${run} blocked: the database is locked`);
    expect(await cancel(run)).toMatchObject({ workers_at_work: [] });
    db.exec('COMMIT');
    db.close();
    await inHistory(database, run);
    expect(look(database, run)).toEqual({ published: 0, rows: 0, history: 'cancelled' });
  });

  it('before anyone has planned it is in the history of the destination that its pipeline names', async () => {
    const alone = await startTestStack(['loader']);
    try {
      const { folder, database } = await writePipeline('requested', { rows: 10 });
      const { stdout } = await alone.cli('run', folder, '--json');
      const { run } = JSON.parse(stdout) as { run: string };
      expect((await alone.cli('cancel', run)).code).toBe(0);
      await alone.start('extractor');
      await alone.settled();
      expect((await alone.store.load(run)).status).toBe('cancelled');
      expect(await alone.store.plan(run)).toBeNull();
      await inHistory(database, run);
    } finally {
      await alone.stop();
    }
  });
});

describe('what cannot be cancelled', () => {
  it('is said for a run that nobody knows, that is published, and that has failed', async () => {
    const unknown = await stack.cli('cancel', '20200101T000000-00000000');
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toContain('run_not_found');
    const { folder } = await writePipeline('ended', { rows: 10 });
    const published = await request(folder);
    await until(async () => (await statusOf(published)) === 'published', 'it is published');
    const tooLate = await stack.cli('cancel', published);
    expect(tooLate).toMatchObject({ code: 2 });
    expect(tooLate.stderr).toContain('is published: it cannot be cancelled');
    await writeFile(
      path.join(folder, 'models/copied.sql'),
      'SELECT CAST(text AS INTEGER) AS id FROM numbers\n',
    );
    const failed = await request(folder);
    await until(async () => (await statusOf(failed)) === 'failed', 'it fails');
    const tooSoon = await stack.cli('cancel', failed);
    expect(tooSoon).toMatchObject({ code: 2 });
    expect(tooSoon.stderr).toContain('has failed');
  });
});

it('a run that is cancelled while it is published is either, and its tables agree', async () => {
  const { folder, database } = await writePipeline('racing', { rows: 200 });
  const first = await request(folder);
  await until(async () => (await statusOf(first)) === 'published', 'it is published');
  const { request: earlier, manifests } = await stack.store.load(first);
  const wish = { pipeline: earlier.pipeline, bundle: earlier.bundle, trigger: 'cli', key: null } as const;
  const load = [...manifests.values()].find(({ kind }) => kind === 'load');
  const loadMs = Date.parse(load?.finishedAt ?? '') - Date.parse(load?.startedAt ?? '');
  const transformedAt = [...manifests.values()]
    .filter(({ kind }) => kind === 'check' || kind === 'model')
    .map(({ startedAt }) => Date.parse(startedAt));
  const transformMs = Date.parse(load?.startedAt ?? '') - Math.min(...transformedAt);
  const bucket = await openFolderBucket(path.join(stack.folder, 'home/bucket'));
  const queue = await connectQueue({ redisUrl: stack.redisUrl, prefix: stack.prefix, attempts: 5 });
  const seen: string[] = [];
  for (let index = 0; index < RACES; index += 1) {
    const { run } = await requestRun(bucket, queue, wish);
    // The load itself may be over between two looks.
    const isTransformed = ['transforming', 'loading', 'published'];
    await until(async () => isTransformed.includes(await statusOf(run)), 'it is transformed next');
    // From before the load begins to after it has ended.
    await delay((index / RACES) * (transformMs + 1.5 * loadMs + 200));
    const decidedAt = new Date().toISOString();
    await stack.store.decide({ v: 1, run, decision: 'cancel', by: 'test', decidedAt });
    await until(async () => ['published', 'cancelled'].includes(await statusOf(run)), 'it has ended');
    await stack.settled();
    const status = await statusOf(run);
    const isPublished = status === 'published';
    seen.push(status);
    const { published, rows } = look(database, run);
    expect({ status, published, rows }).toEqual(
      isPublished ? { status, published: 1, rows: 200 } : { status: 'cancelled', published: 0, rows: 0 },
    );
  }
  await queue.close();
  expect(new Set(seen)).toEqual(new Set(['published', 'cancelled']));
});
