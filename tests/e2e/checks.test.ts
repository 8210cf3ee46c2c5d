import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { queryRow, queryRows } from '../support/published.ts';
import { ROOT, startTestStack, type CliResult, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const errorOf = ({ stderr }: CliResult) =>
  (JSON.parse(stderr) as { error: { code: string; message: string; run: string } }).error;

/** Of all rows of all published tables and of what the views show. */
function hashTables(database: string): string {
  const names = queryRows(
    database,
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE '\\_millrace%' ESCAPE '\\' ORDER BY name",
  );
  expect(names.length).toBeGreaterThan(3);
  const content = names.map(({ name }) => [name, queryRows(database, `SELECT * FROM "${String(name)}"`)]);
  return createHash('sha256')
    .update(
      JSON.stringify(content, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    )
    .digest('hex');
}

describe('the storefront on a bad day', () => {
  let pipeline: string;
  let database: string;
  const DAYS = 7;

  const makeDay = (day: number) =>
    generateStorefront({
      dir: path.join(pipeline, 'data'),
      orders: 200 + 5 * day,
      seed: day,
      format: 'lines',
      badRatio: 0,
      gzip: false,
    });

  /** Changes the files of orders, line by line; a line that becomes null goes. */
  async function changeOrders(change: (line: string, index: number) => string | null): Promise<void> {
    const folder = path.join(pipeline, 'data/orders');
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      const changed = lines.flatMap((line, index) => change(line, index) ?? []);
      await writeFile(file, `${changed.join('\n')}\n`);
    }
  }
  const withGift = (line: string) => line.replace('"status"', '"gift_wrap":true,"status"');

  beforeAll(async () => {
    pipeline = path.join(stack.folder, 'storefront');
    database = path.join(pipeline, 'final_analytics.db');
    await cp(path.join(ROOT, 'pipelines/storefront'), pipeline, {
      recursive: true,
      filter: (file) => !/\/data$|\.db/.test(file),
    });
    for (let day = 1; day <= DAYS; day += 1) {
      await makeDay(day);
      const { code, stderr } = await stack.cli('run', pipeline, '--wait');
      expect({ day, code, stderr }).toMatchObject({ day, code: 0 });
    }
  }, 420_000);

  test('publishes nothing, and names the check, its bad rows and the first of them', async () => {
    await makeDay(DAYS + 1);
    await changeOrders((line, index) =>
      index % 2 === 1 ? null : withGift(index === 0 ? line.replace('"EUR"', '"EURO"') : line),
    );
    const before = hashTables(database);
    const result = await stack.cli('run', pipeline, '--wait', '--json');
    expect(result.code).toBe(1);
    const error = errorOf(result);
    expect(error.code).toBe('check_failed');
    expect(error.message).toContain('orders.accepted_values.currency');
    expect(error.message).toMatch(/4 of 12\d rows have a currency that is none of EUR/);
    expect(error.message).toMatch(/"order_id":"SF-000000001".*"currency":"EURO"/);
    expect(hashTables(database)).toBe(before);
    const failed = "SELECT run_id, error_code FROM _millrace_runs WHERE status = 'failed'";
    await until(() => queryRows(database, failed).length === 1, 'the failure is recorded');
    const [last] = queryRows(database, failed);
    expect(last).toMatchObject({ error_code: 'check_failed' });

    const run = String(last?.['run_id']);
    const { plan, manifests } = await stack.store.load(run);
    const checked = manifests.get('check-orders')?.checked;
    const volume = checked?.results.find(({ check }) => check === 'orders.anomaly.volume');
    // Days of 205 to 235 orders; half of 240 is some twelve standard deviations away.
    expect(volume).toMatchObject({ status: 'warn', severity: 'warn' });
    expect(volume?.message).toMatch(
      /the number of rows is 12\d; the last 7 published runs had 220 on average/,
    );
    expect(manifests.has('load-1')).toBe(false);
    expect(plan?.drift.some((drift) => JSON.stringify(drift).includes('gift_wrap'))).toBe(true);
    expect((await stack.cli('status', run)).stdout).toContain('gift_wrap');
    expect((await stack.cli('retry', run)).code).toBe(2);
  });

  test('publishes when the data is mended and the new column accepted', async () => {
    await makeDay(DAYS + 1);
    await changeOrders(withGift);
    expect((await stack.cli('contract', 'diff', pipeline)).code).toBe(1);
    expect((await stack.cli('contract', 'accept', pipeline)).code).toBe(0);
    expect(await readFile(path.join(pipeline, 'pipeline.yml'), 'utf8')).toContain('gift_wrap:');
    const { code, stderr } = await stack.cli('run', pipeline, '--wait');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(
      queryRow(database, "SELECT count(*) AS runs FROM _millrace_runs WHERE status = 'published'"),
    ).toEqual({ runs: DAYS + 1 });
  });
});

test('a reader never sees a row of a run that failed, while half of fifty do', async () => {
  const RUNS = 50;
  const pipeline = path.join(stack.folder, 'flags');
  await mkdir(path.join(pipeline, 'data'), { recursive: true });
  await mkdir(path.join(pipeline, 'models'));
  const database = path.join(pipeline, 'out.db');
  await writeFile(path.join(pipeline, 'models/flags.sql'), 'SELECT id, flag FROM raw\n');
  await writeFile(path.join(pipeline, 'data/good.csv'), 'id,flag\n1,good\n2,good\n3,good\n');
  await writeFile(path.join(pipeline, 'data/bad.csv'), 'id,flag\n1,good\n2,bad\n3,good\n');
  const declare = (file: string) => `name: flags
sources:
  raw:
    type: csv
    path: data/${file}.csv
    tables: { raw: { columns: { id: { type: integer }, flag: { type: text } } } }
models: { flags: { load: replace } }
checks: { flags: [{ accepted_values: { column: flag, values: [good] } }] }
destination: { type: sqlite, path: out.db }
`;
  const bucket = await openFolderBucket(path.join(stack.folder, 'home/bucket'));
  const queue = await connectQueue({ redisUrl: stack.redisUrl, prefix: stack.prefix, attempts: 1 });
  const request = async (file: string) => {
    await writeFile(path.join(pipeline, 'pipeline.yml'), declare(file));
    const deployed = await deployFolder(bucket, pipeline);
    return (await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null, full: true })).run;
  };
  const statusOf = async (run: string) => (await stack.store.load(run)).status;
  try {
    const first = await request('good');
    await until(async () => (await statusOf(first)) === 'published', 'the first run is published');
    const open = new Set<string>();
    for (let run = 1; run < RUNS; run += 1) open.add(await request(run % 2 === 0 ? 'good' : 'bad'));
    const ended = ['published'];
    let polls = 0;
    await until(
      async () => {
        polls += 1;
        const rows = queryRows(database, 'SELECT flag FROM flags');
        expect(rows).toEqual([{ flag: 'good' }, { flag: 'good' }, { flag: 'good' }]);
        for (const run of open) {
          const status = await statusOf(run);
          if (status !== 'published' && status !== 'failed') continue;
          open.delete(run);
          ended.push(status);
        }
        return open.size === 0;
      },
      'all runs have ended',
      400_000,
    );
    expect(ended.filter((status) => status === 'failed')).toHaveLength(RUNS / 2);
    expect(ended.filter((status) => status === 'published')).toHaveLength(RUNS / 2);
    expect(polls).toBeGreaterThan(10);
  } finally {
    await queue.close();
  }
}, 500_000);
