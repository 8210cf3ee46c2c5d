import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { BatchReference } from '../core/batch.ts';
import type { StoreColumn } from '../core/columns/create-column.ts';
import type { TypedCell } from '../core/typed-cell.ts';
import type { Bucket } from '../ports/bucket.ts';
import { openFolderBucket } from './bucket-folder.ts';
import { openEngine, readParquetSql, type Engine } from './duckdb.ts';
import { BatchWriter } from './parquet-batches.ts';

let folder: string;
let bucket: Bucket;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-small-'));
  bucket = await openFolderBucket(folder);
  engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

type Cell = TypedCell | Uint8Array;
type Row = readonly Cell[];

const decimal = (precision: number) =>
  fc.bigInt({ min: 1n - 10n ** BigInt(precision), max: 10n ** BigInt(precision) - 1n });
const text = fc.oneof(
  fc.string({ maxLength: 14 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constant('x'.repeat(3000)),
);

/** A column of each kind and width, with what it can hold. */
const COLUMNS: readonly (readonly [StoreColumn['type'], fc.Arbitrary<Cell>])[] = [
  [{ kind: 'text' }, text],
  [{ kind: 'json' }, text],
  [{ kind: 'blob' }, fc.uint8Array({ maxLength: 30 })],
  [{ kind: 'integer' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: 'double' }, fc.double()],
  [{ kind: 'boolean' }, fc.boolean()],
  [{ kind: 'date' }, fc.integer({ min: -719_162, max: 2_932_896 })],
  [{ kind: 'timestamp' }, fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n })],
  ...[4, 9, 18, 38].map((precision): [StoreColumn['type'], fc.Arbitrary<Cell>] => [
    { kind: 'decimal', precision, scale: 2 },
    decimal(precision),
  ]),
];
const columns = COLUMNS.map(([type], index): StoreColumn => ({ name: `c"${index} é`, type }));
const row = fc.tuple(...COLUMNS.map(([, cell]) => fc.option(cell, { freq: 4 })));

let series = 0;
async function write(parts: readonly (readonly Row[])[], rows: number): Promise<BatchReference[]> {
  series += 1;
  const name = `s${series}`;
  const newKey = (index: number) => `${name}/${index}.parquet`;
  const writer = new BatchWriter(columns, { bucket, engine, newKey, batch: { rows, bytes: 1 << 25 } });
  for (const part of parts) await writer.append(part);
  return (await writer.finish()).batches;
}

async function read(batches: readonly BatchReference[]): Promise<unknown[]> {
  const paths = await Promise.all(batches.map((batch) => bucket.open(batch)));
  // Texts compare exactly, -0 and NaN included.
  const list = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"::VARCHAR`).join(', ');
  return engine.rows(`SELECT ${list} FROM ${readParquetSql(paths)}`);
}

async function schema(batch: BatchReference | undefined): Promise<unknown> {
  if (batch === undefined) throw new Error('no batch');
  const file = await bucket.open(batch);
  return engine.rows(
    `SELECT name, type, type_length, repetition_type, converted_type, scale, precision, logical_type
     FROM parquet_schema('${file}') WHERE num_children IS NULL`,
  );
}

/** More than a small batch has, so that DuckDB writes them. */
const LARGE = 2100;

describe('small batches', () => {
  test('have the rows, order, types and annotations of what DuckDB writes of the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), async (some) => {
        const rows = Array.from({ length: LARGE }, (_, index) => some[(index * 7) % some.length] as Row);
        const [large, small] = [await write([rows], LARGE), await write([rows], 300)];
        expect(small.map((batch) => batch.rows)).toEqual([300, 300, 300, 300, 300, 300, 300]);
        expect(await read(small)).toEqual(await read(large));
        expect(await schema(small[0])).toEqual(await schema(large[0]));
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test('have exactly the rows asked for, in order, and the same bytes however the rows come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 150 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 150 }),
        async (rows, size, cut) => {
          const batches = await write([rows], size);
          const sizes = batches.map((batch) => batch.rows);
          expect(sizes.slice(0, -1).every((count) => count === size)).toBe(true);
          expect(sizes.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
          const inParts = await write([rows.slice(0, cut), [], rows.slice(cut)], size);
          expect(inParts.map(({ sha256 }) => sha256)).toEqual(batches.map(({ sha256 }) => sha256));
          expect(await read(batches)).toEqual(await read(await write([rows], 10_000)));
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test('of a number of rows have the same bytes whether many or one are written', async () => {
    const rows = fc.sample(row, { numRuns: 1000, seed: 1 });
    const together = await write([rows], 2);
    expect(together).toHaveLength(500);
    const [alone] = await write([rows.slice(600, 602)], 2);
    expect(together[300]?.sha256).toBe(alone?.sha256);
  });

  test('that cannot all be created are not created, and what was begun is removed', async () => {
    series += 1;
    const name = `s${series}`;
    const [taken] = await bucket.createBatches([
      { key: `${name}/7.parquet`, rows: 1, content: new Uint8Array([1]) },
    ]);
    const newKey = (index: number) => `${name}/${index}.parquet`;
    const writer = new BatchWriter(columns, { bucket, engine, newKey, batch: { rows: 1, bytes: 1 << 25 } });
    await writer.append(fc.sample(row, 20));
    await expect(writer.finish()).rejects.toMatchObject({
      code: 'bucket_unavailable',
      where: `${name}/7.parquet`,
    });
    await writer.discard();
    expect(await readdir(path.join(folder, name))).toEqual(['7.parquet']);
    if (taken !== undefined) await bucket.open(taken);
  });
});

describe('large batches', () => {
  test('are sealed while the next one is written', async () => {
    let openSecond = (): void => undefined;
    const secondIsBegun = new Promise<void>((resolve) => {
      openSecond = resolve;
    });
    const slow: Bucket = {
      ...bucket,
      async draft(key) {
        const draft = await bucket.draft(key);
        if (key === 'slow/1') openSecond();
        // Ends only if the second does not wait for it.
        const seal = async (rows: number) => (await secondIsBegun, draft.seal(rows));
        return key === 'slow/0' ? { ...draft, seal } : draft;
      },
    };
    const writer = new BatchWriter([{ name: 'n', type: { kind: 'integer' } }], {
      bucket: slow,
      engine,
      newKey: (index) => `slow/${index}`,
      batch: { rows: 2500, bytes: 1 << 25 },
    });
    await writer.append(Array.from({ length: 7500 }, (_, index) => [BigInt(index)]));
    const { batches } = await writer.finish();
    expect(batches.map(({ key }) => key)).toEqual(['slow/0', 'slow/1', 'slow/2']);
  });

  test('of which one cannot be sealed leave nothing unfinished', async () => {
    const failing: Bucket = {
      ...bucket,
      async draft(key) {
        const draft = await bucket.draft(key);
        const seal = () => Promise.reject(new Error('no space'));
        return key === 'fails/1' ? { ...draft, seal } : draft;
      },
    };
    const writer = new BatchWriter([{ name: 'n', type: { kind: 'integer' } }], {
      bucket: failing,
      engine,
      newKey: (index) => `fails/${index}`,
      batch: { rows: 2500, bytes: 1 << 25 },
    });
    const filling = (async () => {
      await writer.append(Array.from({ length: 10_000 }, (_, index) => [BigInt(index)]));
      await writer.finish();
    })();
    await expect(filling).rejects.toThrow('no space');
    await writer.discard();
    expect(await readdir(path.join(folder, 'fails'))).toEqual(['0']);
  });
});
