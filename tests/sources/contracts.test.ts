import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { driftRecords } from '@millrace/shared/core/drift-record';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { extractFolder, planFolder } from '../support/extract-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-contract-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const COLUMNS = 'columns: { id: { type: integer, required: true }, amount: { type: integer } }';

/** A pipeline of one table `orders`, with two files in this order. */
async function write(
  type: 'json' | 'csv' | 'sqlite' | 'parquet',
  contract: string,
  files: readonly [string, string] | null,
): Promise<void> {
  await mkdir(path.join(folder, 'models'));
  const input = type === 'sqlite' ? 'data.db' : `*.${type}`;
  const yaml = [
    'name: shop',
    `sources: { shop: { type: ${type}, path: '${input}', tables: { orders: { contract: ${contract}, ${COLUMNS} } }, rejects: { max_ratio: 1 } } }`,
    'models: { all: { load: append } }',
    'destination: { type: sqlite, path: out.db }',
  ];
  await writeFile(path.join(folder, 'pipeline.yml'), `${yaml.join('\n')}\n`);
  await writeFile(path.join(folder, 'models/all.sql'), 'SELECT * FROM orders\n');
  for (const [index, text] of (files ?? []).entries())
    await writeFile(path.join(folder, `${index + 1}.${type}`), text);
}

function writeDatabase(statements: string): void {
  const db = new Database(path.join(folder, 'data.db'));
  db.exec(statements);
  db.close();
}

const GOOD = '{"id":1,"amount":5}\n{"id":2,"amount":6}\n';
const NEW = '{"id":3,"amount":7,"coupon":"x"}\n{"id":4,"amount":8,"coupon":"y"}\n';
const TEXT = '{"id":3,"amount":7.25}\n{"id":4,"amount":8.5}\n';

/** Table, change, path, mode and values left out, as history keeps them. */
function kept({ plan, manifests }: Pick<Awaited<ReturnType<typeof extractFolder>>, 'plan' | 'manifests'>) {
  return driftRecords(plan, manifests).map((drift) => [drift.kind, drift.path, drift.mode, drift.values]);
}

async function writeParquet(...selects: string[]): Promise<void> {
  const engine = await openEngine({ memoryLimitBytes: 128 * 1024 * 1024, threads: 1, spillDir: null });
  for (const [index, select] of selects.entries())
    await engine.run(`COPY (${select}) TO '${path.join(folder, `${index + 1}.parquet`)}' (FORMAT parquet)`);
  await engine.close();
}

describe('of Parquet', () => {
  const GOOD_ROWS = 'SELECT range::BIGINT AS id, 5::BIGINT AS amount FROM range(2)';

  it.each([
    [
      'SELECT 3::BIGINT AS id, 7::BIGINT AS amount, true AS paid',
      /orders has a new field paid of type boolean/,
    ],
    ["SELECT range AS id, 'x' AS amount FROM range(9)", /orders.amount is declared as integer and is text/],
  ])('a contract that is frozen is broken at planning: %s', async (rows, message) => {
    await write('parquet', 'freeze', null);
    await writeParquet(GOOD_ROWS, rows);
    await expect(planFolder(folder)).rejects.toMatchObject({
      code: 'contract_broken',
      message: expect.stringMatching(message) as string,
    });
  });

  it('a column becomes one of the table by evolve, and the type of another follows', async () => {
    await write('parquet', '{ new_columns: evolve, changed_types: evolve }', null);
    await writeParquet(GOOD_ROWS, 'SELECT 3::BIGINT AS id, 7.25::DOUBLE AS amount, true AS paid');
    const { tables } = await extractFolder(folder);
    expect(tables['orders']).toEqual([
      { id: 0n, amount: 5, paid: null },
      { id: 1n, amount: 5, paid: null },
      { id: 3n, amount: 7.25, paid: true },
    ]);
  });

  it('what is left out is counted, and what is refused has the number of its row', async () => {
    await write('parquet', 'drop_value', null);
    await writeParquet(GOOD_ROWS, "SELECT 3::BIGINT AS id, 'x' AS amount, true AS paid");
    const dropped = await extractFolder(folder);
    expect(kept(dropped).sort()).toEqual([
      ['changed_type', 'amount', 'drop_value', 1],
      ['new_column', 'paid', 'drop_value', 1],
    ]);
    await rm(path.join(folder, 'models'), { recursive: true });
    await write('parquet', 'reject_row', null);
    const { rejects } = await extractFolder(folder);
    expect(rejects.map(({ file, recordNumber }) => [file, recordNumber])).toEqual([['2.parquet', 1]]);
  });

  it('a column that a file has not is missing in it', async () => {
    await write('parquet', '{ missing_columns: drop_value }', null);
    await writeParquet(GOOD_ROWS, 'SELECT 3::BIGINT AS id');
    expect(kept(await extractFolder(folder))).toEqual([['missing_column', 'amount', 'drop_value', 1]]);
  });
});

describe('a field that is not declared', () => {
  it('is not read where there is no contract, and shown', async () => {
    await write('json', '{}', [GOOD, NEW]);
    const extracted = await extractFolder(folder);
    expect(extracted.tables['orders']).toHaveLength(4);
    expect(kept(extracted)).toEqual([['new_column', 'coupon', 'report', 0]]);
    expect(JSON.stringify([extracted.plan, extracted.manifests])).not.toContain('"x"');
  });

  it.each(['json', 'csv'] as const)('is left out and counted by drop_value: %s', async (type) => {
    const files = [GOOD, NEW] as const;
    await write(
      type,
      'drop_value',
      type === 'json' ? files : ['id,amount\n1,5\n', 'id,coupon,amount\n3,x,7\n4,,8\n'],
    );
    const extracted = await extractFolder(folder);
    expect(extracted.rejects).toEqual([]);
    const [, ...others] = extracted.tables['orders'] ?? [];
    expect(others.map((row) => Object.keys(row))).toContainEqual(['id', 'amount']);
    expect(kept(extracted)).toEqual([['new_column', 'coupon', 'drop_value', type === 'json' ? 2 : 1]]);
  });

  it('becomes a column by evolve, and may be used by models', async () => {
    await write('json', '{ new_columns: evolve }', [GOOD, NEW]);
    await writeFile(path.join(folder, 'models/all.sql'), 'SELECT id, upper(coupon) AS coupon FROM orders\n');
    const extracted = await extractFolder(folder);
    expect(extracted.tables['orders']?.map(({ coupon }) => coupon)).toEqual([null, null, 'x', 'y']);
  });

  it('fails the planning by freeze, and the reading where planning did not look', async () => {
    await write('json', 'freeze', [GOOD, NEW]);
    await expect(planFolder(folder)).rejects.toMatchObject({
      code: 'contract_broken',
      message: expect.stringContaining('orders has a new field coupon') as string,
    });
    const many = Array.from({ length: 30_000 }, (_, id) => `{"id":${id},"amount":1}\n`).join('');
    await writeFile(path.join(folder, '2.json'), `${many}{"id":1,"amount":1,"coupon":"z"}\n`);
    await expect(extractFolder(folder)).rejects.toMatchObject({
      code: 'contract_broken',
      where: '2.json, line 30001, record 30001',
    });
  });

  it('of a database refuses its rows by reject_row, those with a value there', async () => {
    await write('sqlite', 'reject_row', null);
    writeDatabase(`CREATE TABLE orders (id INTEGER, amount INTEGER, coupon TEXT);
      INSERT INTO orders VALUES (1, 5, NULL), (2, 6, 'x')`);
    const extracted = await extractFolder(folder);
    expect(extracted.tables['orders']).toEqual([{ id: 1n, amount: 5n }]);
    expect(extracted.rejects.map(({ reason, recordNumber }) => [reason, recordNumber])).toEqual([
      ['unknown_field', 2],
    ]);
  });
});

describe('values of another type', () => {
  it('change the type of their column by evolve', async () => {
    await write('json', '{ changed_types: evolve }', [GOOD, TEXT]);
    const extracted = await extractFolder(folder);
    expect(extracted.tables['orders']?.map(({ amount }) => amount)).toEqual([5, 6, 7.25, 8.5]);
  });

  it('are null by drop_value, and counted', async () => {
    await write('json', '{ changed_types: drop_value }', [GOOD, TEXT]);
    const extracted = await extractFolder(folder);
    expect(extracted.tables['orders']?.map(({ amount }) => amount)).toEqual([5n, 6n, null, null]);
    expect(kept(extracted)).toEqual([['changed_type', 'amount', 'drop_value', 2]]);
  });
});

describe('a column that is not there', () => {
  const files = ['id,amount\n1,5\n', 'id\n3\n'] as const;

  it('fails the planning by freeze as soon as one file of CSV lacks it', async () => {
    await write('csv', '{ missing_columns: freeze }', files);
    await expect(planFolder(folder)).rejects.toMatchObject({
      code: 'contract_broken',
      message: expect.stringContaining('orders.amount is missing') as string,
    });
  });

  it('is null and counted by drop_value, and refuses records by reject_row', async () => {
    await write('csv', '{ missing_columns: drop_value }', files);
    expect(kept(await extractFolder(folder))).toEqual([['missing_column', 'amount', 'drop_value', 1]]);
    await rm(path.join(folder, 'models'), { recursive: true });
    await write('csv', '{ missing_columns: reject_row }', files);
    const { rejects } = await extractFolder(folder);
    expect(rejects.map(({ reason, file }) => [reason, file])).toEqual([['missing_field', '2.csv']]);
  });
});

it('a contract without declared columns is an error that says so', async () => {
  await write('json', 'freeze', [GOOD, NEW]);
  const yaml = path.join(folder, 'pipeline.yml');
  await writeFile(yaml, (await readFile(yaml, 'utf8')).replace(`, ${COLUMNS}`, ''));
  await expect(planFolder(folder)).rejects.toMatchObject({
    code: 'pipeline_invalid',
    where: 'pipeline.yml:2',
    message: expect.stringContaining('declares none') as string,
  });
});

it('a file that is broken is met by the task that reads it, not by a glance of planning', async () => {
  await write('json', 'drop_value', [GOOD, GOOD]);
  await writeFile(path.join(folder, '2.json'), '[{"id":1,"amount":5},{"id":2} {"id":3}]');
  await expect(planFolder(folder)).resolves.toMatchObject({ drift: [] });
  await expect(extractFolder(folder)).rejects.toMatchObject({ code: 'file_unreadable' });
});
