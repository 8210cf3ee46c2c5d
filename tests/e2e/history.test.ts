import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { startTestStack, type TestStack } from '../support/test-stack.ts';

const PIPELINE = `name: shop
sources:
  orders:
    type: csv
    path: data/orders.csv
    tables:
      orders: { key: [id], columns: { id: { type: integer, required: true }, total: { type: double }, placed: { type: timestamp } } }
models:
  daily: { load: append }
checks:
  orders:
    - anomaly: volume
    - anomaly: { measure: null_share, column: total, floor: 0.05 }
    - row_count: { change: 60 % }
destination: { type: sqlite, path: out.db }
`;
/** As many as a baseline needs. */
const GOOD_RUNS = 7;

let stack: TestStack;
let pipeline: string;
/** The oldest first; the last one failed. */
const runs: string[] = [];

/** Runs the pipeline over orders 1 to `rows`, of which one has another total each time. */
async function run(rows: number): Promise<{ code: number | null; stdout: string }> {
  const lines = Array.from({ length: rows }, (_, index) => {
    const total = index === 0 ? 1000 + rows : index * 10;
    return `${index + 1},${total},2026-11-22 00:00:${String(index % 60).padStart(2, '0')}`;
  });
  await writeFile(path.join(pipeline, 'data/orders.csv'), `id,total,placed\n${lines.join('\n')}\n`);
  const result = await stack.cli('run', pipeline, '--wait', '--json');
  const report = JSON.parse(result.stdout) as { run: string };
  runs.push(report.run);
  return result;
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await stack.cli(...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as T;
}

interface History {
  readonly runs: readonly {
    readonly run: string;
    readonly status: string;
    readonly rows: number;
    readonly checks: Readonly<Record<string, number>>;
    readonly columns: readonly {
      readonly name: string;
      readonly mean: number | null;
      readonly nulls: number;
    }[];
  }[];
}
interface Diff {
  readonly tables: readonly {
    readonly table: string;
    readonly key: readonly string[] | null;
    readonly compared: string;
    readonly rows: Readonly<Record<string, unknown>>;
    readonly profile: readonly { readonly column: string; readonly measure: string }[];
  }[];
}

beforeAll(async () => {
  stack = await startTestStack();
  pipeline = path.join(stack.folder, 'shop');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await mkdir(path.join(pipeline, 'data'));
  await writeFile(path.join(pipeline, 'pipeline.yml'), PIPELINE);
  await writeFile(path.join(pipeline, 'models/daily.sql'), 'SELECT id, total FROM orders\n');
  for (let day = 0; day < GOOD_RUNS; day += 1) expect((await run(100 + day)).code).toBe(0);
}, 120_000);
afterAll(() => stack.stop());

it('a run whose volume is far from that of earlier runs fails with the numbers, and publishes nothing', async () => {
  const { code, stdout } = await run(50);
  expect(code).toBe(1);
  const report = JSON.parse(stdout) as { error: { code: string; message: string } };
  expect(report.error.code).toBe('check_failed');
  expect(report.error.message).toMatch(/is 50; the last 7 published runs had 103 on average/);
});

it('too few published runs are no baseline, and are not called passed', async () => {
  const { checks } = await json<{ checks: { check: string; status: string }[] }>('checks', runs.at(-2) ?? '');
  expect(checks.filter(({ check }) => check.includes('anomaly')).map(({ status }) => status)).toEqual([
    'no_baseline',
    'no_baseline',
  ]);
});

it('history has the measures of published runs and of the failed one, the newest first', async () => {
  const history = await json<History>('history', 'orders');
  expect(history.runs.map(({ run: id }) => id)).toEqual(runs.toReversed());
  expect(history.runs.map(({ rows }) => rows)).toEqual([50, 106, 105, 104, 103, 102, 101, 100]);
  expect(history.runs[0]).toMatchObject({ status: 'failed', checks: { error: 1 } });
  expect(history.runs[1]).toMatchObject({
    status: 'published',
    checks: { error: 0, pass: 1, no_baseline: 2 },
  });
  expect(history.runs[0]?.columns.find(({ name }) => name === 'id')).toMatchObject({ mean: 25.5, nulls: 0 });
  const limited = await json<History>('history', 'daily', '--of', 'shop', '--limit', '3');
  expect(limited.runs.map(({ rows }) => rows)).toEqual([106, 105, 104]);
});

it('history is drawn for people', async () => {
  const { stdout } = await stack.cli('history', 'orders');
  expect(stdout).toContain('orders of shop, 8 runs');
  expect(stdout).toMatch(/-53 %\s+█+\s+0\s+1 failed/);
  expect(stdout).toMatch(/^id .*▁ +25\.5$/m);
  const column = await stack.cli('history', 'orders', '--column', 'placed');
  expect(column.stdout).toMatch(/failed +50 +0 % +\d+ +2026-11-22 00:00:00 +2026-11-22 00:00:49/);
  const unknown = await stack.cli('history', 'ordrs');
  expect(unknown).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean 'orders'?") as string,
  });
});

it('two runs are compared by key, also one that failed', async () => {
  const [before = '', failed = ''] = runs.slice(-2);
  const { tables } = await json<Diff>('diff', before, failed, '--table', 'orders');
  expect(tables).toMatchObject([
    {
      table: 'orders',
      key: ['id'],
      compared: 'bucket',
      rows: { before: 106, after: 50, removed: 56, added: 0, changed: 1, changed_columns: { total: 1 } },
    },
  ]);
  expect(tables[0]?.profile.map(({ column, measure }) => `${column}.${measure}`)).toContain('id.max');
});

it('rows that were pruned are compared where they are published', async () => {
  const [before = '', after = ''] = runs;
  const inBucket = await json<Diff>('diff', before, after, '--key', 'id');
  expect(inBucket.tables).toMatchObject([
    { table: 'daily', compared: 'bucket', rows: { added: 1, removed: 0, changed: 1, unchanged: 99 } },
  ]);
  await json('prune', '--keep', '1', '--older-than', '0s');
  const published = await json<Diff>('diff', before, after, '--key', 'id');
  expect(published.tables).toMatchObject([{ compared: 'destination' }]);
  const { examples: _some, ...counts } = inBucket.tables[0]?.rows ?? {};
  expect(published.tables[0]?.rows).toMatchObject(counts);
  const { stdout } = await stack.cli('diff', before, after);
  expect(stdout).toContain('100 → 101 rows:  -1  +2  99 unchanged');
});
