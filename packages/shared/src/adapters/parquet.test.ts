import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Reject } from '../core/reject.ts';
import type { Bucket } from '../ports/bucket.ts';
import { makeColumn } from '../testing/make-declarations.ts';
import { openFolderBucket } from './bucket-folder.ts';
import { copyToParquetSql, openEngine, type Engine } from './duckdb.ts';
import type { StoredValue } from './parquet-columns.ts';
import { readRejects, readSchema, streamRows } from './parquet-reader.ts';
import type { TypedCell } from '../core/typed-cell.ts';
import { createParquetBatches, createRejectBatches } from './parquet-writer.ts';

let folder: string;
let bucket: Bucket;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parquet-'));
  bucket = await openFolderBucket(path.join(folder, 'bucket'));
  engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 2, spillDir: null });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const columns = (types: Record<string, string>) =>
  Object.entries(types).map(([name, type]) => makeColumn(name, type));

let series = 0;
function target(batch: { rows: number; bytes: number } = { rows: 50_000, bytes: 1 << 25 }) {
  series += 1;
  return { bucket, engine, batch, newKey: (index: number) => `s${series}/${index}.parquet` };
}

async function readAll(paths: readonly string[], rowsPerChunk = 10_000): Promise<StoredValue[][]> {
  const rows: StoredValue[][] = [];
  for await (const chunk of await streamRows(engine, paths, { rowsPerChunk })) {
    for (let row = 0; row < chunk.rowCount; row += 1)
      rows.push(chunk.columns.map((column) => column[row] ?? null));
  }
  return rows;
}

describe('typed batches', () => {
  test('keep every value exactly', async () => {
    const types = {
      text: 'text',
      integer: 'integer',
      double: 'double',
      narrow: 'decimal(4,2)',
      money: 'decimal(18,2)',
      wide: 'decimal(38,10)',
      flag: 'boolean',
      day: 'date',
      at: 'timestamp',
      json: 'json',
    };
    const rows: TypedCell[][] = [
      ['', 0n, -0, 0n, 0n, 0n, false, 0, 0n, '{}'],
      ['\ufeffbom', 2n ** 63n - 1n, 5e-324, 9999n, -1n, 10n ** 38n - 1n, true, -719_162, -1n, '[1, 2]'],
      [
        'nul \u0000 in it',
        -(2n ** 63n),
        Infinity,
        -9999n,
        1234n,
        -(10n ** 38n - 1n),
        null,
        20_000,
        1_500_000n,
        'null',
      ],
      ['é日本😀'.repeat(50), null, Number.NaN, null, null, null, true, null, null, null],
      [null, 1n, null, 5n, 99n, 1n, null, 1, 253_402_300_799_999_999n, '"x"'],
    ];
    const writer = createParquetBatches({ ...target(), columns: columns(types) });
    await writer.append(rows);
    const { batches, rows: count } = await writer.finish();
    expect(count).toBe(5);
    const paths = await Promise.all(batches.map((batch) => bucket.open(batch)));
    const stream = await streamRows(engine, paths, { rowsPerChunk: 10 });
    expect(stream.schema).toEqual([
      { name: 'text', type: 'VARCHAR' },
      { name: 'integer', type: 'BIGINT' },
      { name: 'double', type: 'DOUBLE' },
      { name: 'narrow', type: 'DECIMAL(4,2)' },
      { name: 'money', type: 'DECIMAL(18,2)' },
      { name: 'wide', type: 'DECIMAL(38,10)' },
      { name: 'flag', type: 'BOOLEAN' },
      { name: 'day', type: 'DATE' },
      { name: 'at', type: 'TIMESTAMP' },
      { name: 'json', type: 'VARCHAR' },
    ]);
    expect(await readAll(paths)).toEqual([
      ['', 0n, -0, '0.00', '0.00', '0.0000000000', false, '1970-01-01', '1970-01-01 00:00:00', '{}'],
      [
        '\ufeffbom',
        2n ** 63n - 1n,
        5e-324,
        '99.99',
        '-0.01',
        '9999999999999999999999999999.9999999999',
        true,
        '0001-01-01',
        '1969-12-31 23:59:59.999999',
        '[1, 2]',
      ],
      [
        'nul \u0000 in it',
        -(2n ** 63n),
        Infinity,
        '-99.99',
        '12.34',
        '-9999999999999999999999999999.9999999999',
        null,
        '2024-10-04',
        '1970-01-01 00:00:01.5',
        'null',
      ],
      ['é日本😀'.repeat(50), null, Number.NaN, null, null, null, true, null, null, null],
      [
        null,
        1n,
        null,
        '0.05',
        '0.99',
        '0.0000000001',
        null,
        '1970-01-02',
        '9999-12-31 23:59:59.999999',
        '"x"',
      ],
    ]);
  });

  test('keep values and nulls apart over many chunks, whatever the length of texts', async () => {
    const rows: TypedCell[][] = Array.from({ length: 7001 }, (_, index) => [
      index % 3 === 0 ? null : `${'é'.repeat(index % 5)}${'x'.repeat(index % 17)}`,
      index % 2048 === 0 || (index > 4096 && index < 4200) ? null : BigInt(index),
      index % 7 === 0 ? null : index % 2 === 0,
    ]);
    const types = { text: 'text', integer: 'integer', flag: 'boolean' };
    const writer = createParquetBatches({ ...target(), columns: columns(types) });
    await writer.append(rows);
    const { batches } = await writer.finish();
    expect(await readAll(await Promise.all(batches.map((batch) => bucket.open(batch))))).toEqual(rows);
  });

  test.each([
    ['decimal(4,2)', 10_000n],
    ['decimal(4,2)', 12.5],
    ['integer', 2n ** 63n],
    ['integer', 1],
    ['text', 'half \ud800 a pair'],
    ['text', 5],
    ['double', '5'],
    ['boolean', 1],
    ['date', 2 ** 31],
  ])('refuse for %s the cell %s, which it cannot hold', async (type, cell) => {
    const writer = createParquetBatches({ ...target(), columns: columns({ c: type }) });
    await expect(
      (async () => {
        await writer.append([[cell]]);
        await writer.finish();
      })(),
    ).rejects.toThrow();
    await writer.discard();
    expect(await bucket.list(`s${series}/`)).toEqual([]);
  });

  const numbered = (count: number) => Array.from({ length: count }, (_, index) => [BigInt(index)]);
  const sizes = async (
    appends: readonly TypedCell[][][],
    batch: { rows: number; bytes: number },
    type: string,
  ) => {
    const writer = createParquetBatches({ ...target(batch), columns: columns({ c: type }) });
    for (const rows of appends) await writer.append(rows);
    const { batches } = await writer.finish();
    return batches;
  };

  test('end at the same rows and have the same bytes however the rows arrive', async () => {
    const rows = numbered(5250);
    const batch = { rows: 2500, bytes: 1 << 25 };
    const whole = await sizes([rows], batch, 'integer');
    const parts = await sizes(
      [rows.slice(0, 1), rows.slice(1, 3000), [], rows.slice(3000)],
      batch,
      'integer',
    );
    expect(whole.map(({ rows: count }) => count)).toEqual([2500, 2500, 250]);
    expect(parts.map(({ sha256 }) => sha256)).toEqual(whole.map(({ sha256 }) => sha256));
    expect(await readAll(await Promise.all(parts.map((reference) => bucket.open(reference))))).toEqual(rows);
  });

  test('end with the row that fills them, also when rows are wide', async () => {
    const wide = Array.from({ length: 7 }, () => ['x'.repeat(992)]);
    const batches = await sizes([wide], { rows: 100, bytes: 3000 }, 'text');
    expect(batches.map(({ rows }) => rows)).toEqual([3, 3, 1]);
    const huge = await sizes([[['x'.repeat(9000)], ['y']]], { rows: 100, bytes: 3000 }, 'text');
    expect(huge.map(({ rows }) => rows)).toEqual([1, 1]);
  });

  test('may be small, and none are made of no rows', async () => {
    const batches = await sizes([numbered(1000)], { rows: 100, bytes: 1 << 25 }, 'integer');
    expect(batches.map(({ rows }) => rows)).toEqual(Array.from({ length: 10 }, () => 100));
    expect(await sizes([[]], { rows: 100, bytes: 1 << 25 }, 'integer')).toEqual([]);
  });

  test('leave no table in the engine', async () => {
    await sizes([numbered(1000)], { rows: 300, bytes: 1 << 25 }, 'integer');
    const discarded = createParquetBatches({ ...target(), columns: columns({ c: 'integer' }) });
    await discarded.append(numbered(5000));
    await discarded.discard();
    expect(await engine.rows('SELECT table_name FROM duckdb_tables()')).toEqual([]);
  });

  test('that do not fit into memory say what to raise', async () => {
    const small = await openEngine({ memoryLimitBytes: 16 * 1024 * 1024, threads: 1, spillDir: null });
    try {
      const wide = {
        ...target({ rows: 1000, bytes: 1 << 30 }),
        engine: small,
        columns: columns({ t: 'text' }),
      };
      const writer = createParquetBatches(wide);
      const filling = (async () => {
        for (let row = 0; row < 40; row += 1) await writer.append([['x'.repeat(1 << 20)]]);
        await writer.finish();
      })();
      await expect(filling).rejects.toMatchObject({ code: 'out_of_memory' });
      await writer.discard();
    } finally {
      await small.close();
    }
  });

  const failing = (): Bucket => ({
    ...bucket,
    createBatches: (batches) =>
      bucket.createBatches(batches.map((batch) => ({ ...batch, key: `../${batch.key}` }))),
    draft: (key) => bucket.draft(`../${key}`),
  });

  test.each([
    ['small', 10],
    ['large', 3000],
  ])('%s objects that cannot be written fail the writer, not the process', async (_, rows) => {
    const writer = createParquetBatches({
      ...target({ rows, bytes: 1 << 25 }),
      bucket: failing(),
      columns: columns({ c: 'integer' }),
    });
    await expect(
      (async () => {
        for (let round = 0; round < 1000; round += 1) await writer.append(numbered(rows));
      })(),
    ).rejects.toMatchObject({ code: 'bucket_unavailable' });
    await writer.discard();
  });
});

describe('stored rows', () => {
  const stored = async (select: string, name = 'x.parquet') => {
    const file = path.join(folder, name);
    await engine.run(copyToParquetSql(select, file));
    return file;
  };

  test('are read exactly, whatever types a model made', async () => {
    const file =
      await stored(`SELECT 200::UTINYINT AS tiny, 18446744073709551615::UBIGINT AS big, 0.5::FLOAT AS float,
      TIMESTAMPTZ '2026-01-01 00:00:00.25+02' AS instant, TIME '01:02:03.5' AS time,
      TIMESTAMP_NS '2026-01-01 00:00:00.123456789' AS nanos, '\\x00\\xFF'::BLOB AS short,
      repeat('ab', 20)::BLOB AS long, [1, NULL] AS list, {'a': 1, 'b': 'x'} AS struct, MAP {'k': 1} AS map,
      '00000000-0000-0000-0000-00000000000f'::UUID AS uuid, 'infinity'::TIMESTAMP AS never`);
    expect(await readAll([file])).toEqual([
      [
        200n,
        18446744073709551615n,
        0.5,
        '2025-12-31 22:00:00.25',
        '01:02:03.5',
        '2026-01-01 00:00:00.123456789',
        new Uint8Array([0, 255]),
        new TextEncoder().encode('ab'.repeat(20)),
        '[1,null]',
        '{"a":1,"b":"x"}',
        '{"k":1}',
        '00000000-0000-0000-0000-00000000000f',
        'infinity',
      ],
    ]);
  });

  test('are the same as DuckDB reads them: short, long, repeated, absent and of many bytes', async () => {
    const file =
      await stored(`SELECT CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN repeat('é', i % 40)
      WHEN 3 THEN 'always the same long text' WHEN 4 THEN '日本' || i ELSE md5(i::VARCHAR) || repeat('-', i % 300) END AS t
      FROM range(30_000) r(i)`);
    const expected = await engine.rows(`SELECT t FROM '${file}'`);
    expect(await readAll([file], 3000)).toEqual(expected.map((row) => [row['t']]));
  });

  test('come in the order of the files and in chunks of about the wanted size', async () => {
    const first = await stored('SELECT i AS n FROM range(10_000) t(i)', 'b.parquet');
    const second = await stored('SELECT i + 10_000 AS n FROM range(5000) t(i)', 'a.parquet');
    const sizes: number[] = [];
    const values: StoredValue[] = [];
    for await (const { columns: found, rowCount } of await streamRows(engine, [first, second], {
      rowsPerChunk: 4000,
    })) {
      sizes.push(rowCount);
      values.push(...(found[0] ?? []));
    }
    expect(values).toEqual(Array.from({ length: 15_000 }, (_, index) => BigInt(index)));
    expect(sizes.slice(0, -1).every((size) => size >= 4000 && size < 6048)).toBe(true);
  });

  test('may be left early', async () => {
    const file = await stored('SELECT i AS n FROM range(100_000) t(i)');
    for await (const { rowCount } of await streamRows(engine, [file], { rowsPerChunk: 100 })) {
      expect(rowCount).toBeGreaterThanOrEqual(100);
      break;
    }
    expect(await readSchema(engine, [file])).toEqual([{ name: 'n', type: 'BIGINT' }]);
  });

  test('of no files are none', async () => {
    expect(await readAll([])).toEqual([]);
  });
});

describe('rejects', () => {
  const reject = (changes: Partial<Reject>): Reject => ({
    source: 'orders',
    table: 'orders',
    file: 'data/orders.json',
    recordNumber: 1,
    line: 7,
    byteOffset: 4_294_967_296,
    byteLength: 3,
    reason: 'type_mismatch',
    message: "Column 'id' is not an integer.",
    faults: [{ table: 'orders', column: 'id', reason: 'type_mismatch', value: 'x', expected: 'integer' }],
    raw: new Uint8Array([0xff, 0x00, 0x7b]),
    sha256: 'ab'.repeat(32),
    ...changes,
  });

  test('are read as they were written, by reason and table, up to a limit', async () => {
    const all = [
      reject({}),
      reject({
        recordNumber: 2,
        reason: 'json_syntax',
        table: null,
        line: null,
        byteOffset: null,
        byteLength: null,
      }),
      reject({ recordNumber: 3, table: 'order_items', faults: [] }),
      reject({ recordNumber: 4, raw: new Uint8Array() }),
    ];
    const writer = createRejectBatches({ ...target({ rows: 3, bytes: 1 << 25 }), run: 'r1' });
    for (const one of all) writer.add(one);
    const { batches, rows } = await writer.finish();
    expect([rows, batches.length]).toEqual([4, 2]);
    const paths = await Promise.all(batches.map((batch) => bucket.open(batch)));
    const expected = all.map((one) => ({ run: 'r1', ...one }));
    expect(await readRejects(engine, paths, { limit: 10 })).toEqual(expected);
    expect(await readRejects(engine, paths, { limit: 2 })).toEqual(expected.slice(0, 2));
    expect(await readRejects(engine, paths, { limit: 10, reason: 'json_syntax' })).toEqual([expected[1]]);
    expect(await readRejects(engine, paths, { limit: 10, reason: 'type_mismatch', table: 'orders' })).toEqual(
      [expected[0], expected[3]],
    );
    expect(await readRejects(engine, [], { limit: 10 })).toEqual([]);
  });
});
