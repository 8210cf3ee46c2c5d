import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { formatColumnType } from '@millrace/shared/core/column-type';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { columnsFromParquet } from '../infer/columns-from-parquet.ts';
import { compileJudge } from '../judge/judge.ts';
import type { SourceRecord } from '../source-record.ts';
import { describeParquet } from './describe-parquet.ts';
import { readParquetRows } from './read-parquet-rows.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-parquet-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function makeFile(select: string): Promise<string> {
  const file = path.join(folder, "it's.parquet");
  const engine = await openEngine({ memoryLimitBytes: 128 * 1024 * 1024, threads: 1, spillDir: null });
  await engine.run(`COPY (${select}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`);
  await engine.close();
  return file;
}

async function readAll(file: string): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const chunk of readParquetRows({ path: file })) records.push(...chunk.records);
  return records;
}

const EVERY_TYPE = `SELECT 7::BIGINT AS "big one", -1::TINYINT AS small, 2.5::DOUBLE AS d, 12.30::DECIMAL(18,2) AS money,
  true AS yes, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 12:00:00.123456' AS at,
  TIMESTAMPTZ '2024-02-29 12:00:00+02' AS zoned, 'x' AS t, NULL::VARCHAR AS nothing,
  [1, 2] AS list, {'a': 1, 'b': [true]} AS nested, MAP {'k': 1} AS map, 170141183460469231731687303715884105727::HUGEINT / 10 AS f,
  12345678901234567890::UBIGINT AS huge`;

describe('Parquet', () => {
  it('gives every value without loss, in types inferred from the file', async () => {
    const file = await makeFile(EVERY_TYPE);
    const columns = columnsFromParquet([{ fileName: 'f', columns: await describeParquet(file) }]);
    expect(Object.fromEntries(columns.map(({ name, type }) => [name, formatColumnType(type)]))).toMatchObject(
      {
        'big one': 'integer',
        small: 'integer',
        money: 'decimal(18,2)',
        day: 'date',
        at: 'timestamp',
        zoned: 'timestamp',
        list: 'json',
        nested: 'json',
        huge: 'decimal(38,0)',
      },
    );
    const table = {
      name: 't',
      source: 's',
      key: [],
      each: null,
      columns,
      inferred: true,
      query: null,
      relation: 't',
    };
    const [record] = await readAll(file);
    const content = record?.content;
    const judgement = content?.ok === true ? compileJudge([table], 'parquet').judge(content.value) : null;
    if (judgement?.ok !== true) throw new Error(JSON.stringify(judgement));
    const cells = Object.fromEntries(
      columns.map(({ name }, index) => [name, judgement.rows[0]?.[0]?.[index]]),
    );
    expect(cells).toMatchObject({
      'big one': 7n,
      small: -1n,
      d: 2.5,
      money: 1230n,
      yes: true,
      day: 19_782,
      at: 1_709_208_000_123_456n,
      zoned: 1_709_200_800_000_000n,
      nothing: null,
      list: '[1,2]',
      nested: '{"a":1,"b":[true]}',
      map: '[{"key":"k","value":1}]',
      huge: 12_345_678_901_234_567_890n,
    });
  });

  it('numbers the rows of a large file in their order', async () => {
    const records = await readAll(await makeFile('SELECT range AS n FROM range(5000)'));
    expect(records).toHaveLength(5000);
    expect(
      records.every(
        ({ recordNumber, content }, index) =>
          recordNumber === index + 1 && content.ok && (content.value as { n: bigint }).n === BigInt(index),
      ),
    ).toBe(true);
    expect(new TextDecoder().decode(records[41]?.raw())).toBe('{"n":41}');
  });

  it('says that a file is not Parquet, and that one is damaged', async () => {
    const text = path.join(folder, 'x.parquet');
    await writeFile(text, 'order_id,quantity\n1,2\n3,4\n5,6\n');
    await expect(readAll(text)).rejects.toMatchObject({ code: 'file_format', where: text });
    await expect(describeParquet(text)).rejects.toMatchObject({ code: 'file_format' });
  });
});
