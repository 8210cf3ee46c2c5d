import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { queryRow, queryRows, readPublished, runOracle, type ExpectedTable } from '../support/published.ts';
import { ROOT, startTestStack, type TestStack } from '../support/test-stack.ts';

const TABLES = ['daily_revenue', 'customer_value', 'product_performance'];
const ORDERS = 3000;

interface Reject {
  readonly file: string;
  readonly line: number;
  readonly record_number: number;
  readonly byte_offset: number;
  readonly reason: string;
}

/** The example pipeline on dirty data, through three processes, against tables and rejects computed apart. */
describe.each(['lines', 'array', 'document'] as const)('storefront, orders as %s', (format) => {
  let stack: TestStack;
  let pipeline: string;
  let database: string;
  let expected: (table: string) => Promise<ExpectedTable>;

  beforeAll(async () => {
    stack = await startTestStack();
    pipeline = path.join(stack.folder, 'storefront');
    database = path.join(pipeline, 'final_analytics.db');
    await cp(path.join(ROOT, 'pipelines/storefront'), pipeline, {
      recursive: true,
      filter: (file) => !/\/data$|\.db/.test(file),
    });
    await generateStorefront({
      dir: path.join(pipeline, 'data'),
      orders: ORDERS,
      seed: 7,
      format,
      badRatio: 0.02,
      gzip: format === 'array',
    });
    await adaptPipeline(pipeline, format);
    expected = await runOracle(
      'storefront.py',
      path.join(pipeline, 'data'),
      path.join(stack.folder, 'expected'),
    );
  });
  afterAll(() => stack.stop());

  it('publishes the expected tables', async () => {
    const { code, stderr } = await stack.cli('run', pipeline, '--wait');
    expect(stderr).not.toContain('error[');
    expect(code).toBe(0);
    for (const table of TABLES) {
      const wanted = await expected(table);
      expect(wanted.rows.length).toBeGreaterThan(0);
      expect(readPublished(database, table, wanted)).toEqual(wanted.rows);
    }
  });

  it('keeps every bad record with its place and reason, and no good one', async () => {
    const wanted = JSON.parse(await readFile(path.join(stack.folder, 'expected/rejects.json'), 'utf8')) as
      { rejects: Reject[] } | Reject[];
    const { code, stdout } = await stack.cli('rejects', '--json', '--limit', '100000');
    expect(code).toBe(0);
    const found = (JSON.parse(stdout) as { samples: Reject[] }).samples;
    const place = ({ file, line, record_number, byte_offset, reason }: Reject) =>
      `${path.basename(file)}:${line} record ${record_number} at ${byte_offset}: ${reason}`;
    const list = Array.isArray(wanted) ? wanted : wanted.rejects;
    expect(list.length).toBeGreaterThan(20);
    expect(found.map(place).sort()).toEqual(list.map(place).sort());
  });

  it('keeps both runs when it runs twice, and shows the second as latest', async () => {
    const { code } = await stack.cli('run', pipeline, '--wait');
    expect(code).toBe(0);
    const runs = queryRows(database, 'SELECT run_id, status FROM _millrace_runs ORDER BY requested_at');
    expect(runs.map(({ status }) => status)).toEqual(['published', 'published']);
    for (const table of TABLES) {
      const { rows } = await expected(table);
      expect(
        queryRow(database, `SELECT count(*) AS rows, count(DISTINCT _run_id) AS runs FROM "${table}"`),
      ).toEqual({ rows: rows.length * 2, runs: 2 });
      expect(
        queryRow(database, `SELECT count(*) AS rows, min(_run_id) AS run FROM "${table}_latest"`),
      ).toEqual({ rows: rows.length, run: runs[1]?.['run_id'] });
    }
  });

  it('runs once for a key, however often it is asked', async () => {
    const first = await stack.cli('run', pipeline, '--wait', '--key', 'today', '--json');
    const second = await stack.cli('run', pipeline, '--wait', '--key', 'today', '--json');
    const [one, two] = [first, second].map(
      ({ stdout }) => JSON.parse(stdout) as { run: string; already_requested: boolean },
    );
    expect(two?.run).toBe(one?.run);
    expect([one?.already_requested, two?.already_requested]).toEqual([false, true]);
    expect(queryRow(database, 'SELECT count(*) AS runs FROM _millrace_runs')).toEqual({ runs: 3 });
  });

  it('remembers what each run read', () => {
    const inputs = queryRows(
      database,
      'SELECT DISTINCT source, path, length(sha256) AS digits FROM _millrace_inputs',
    );
    expect(inputs.some(({ source }) => source === 'shop')).toBe(true);
    expect(inputs.filter(({ source }) => source === 'orders').length).toBeGreaterThan(1);
    expect(inputs.every(({ digits }) => digits === 64)).toBe(true);
  });
});

/** Says where the records of this form are, as a user would. */
async function adaptPipeline(pipeline: string, format: 'lines' | 'array' | 'document'): Promise<void> {
  const file = path.join(pipeline, 'pipeline.yml');
  const text = await readFile(file, 'utf8');
  const place = 'path: data/orders/*.json';
  const adapted = { lines: place, array: `${place}.gz`, document: `${place}\n    records: data.orders` };
  await writeFile(file, text.replace(place, adapted[format]));
}
