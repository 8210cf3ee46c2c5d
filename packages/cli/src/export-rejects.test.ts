import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { copyToParquetSql, openEngine, type Engine } from '@millrace/shared/adapters/duckdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exportRejects } from './export-rejects.ts';
import type { RejectSet } from '@millrace/shared/runtime/read-rejects';

let folder: string;
let engine: Engine;
let rejects: RejectSet;

const RAWS = ['=cmd|1', '+1 apple', '-2.5e3', '@x', '\\x09tab', '\\x0Dcr', 'plain', '\\xFF\\x00'];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-export-'));
  engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  const bucket = await openFolderBucket(folder);
  const draft = await bucket.draft('runs/r/rejected/a.parquet');
  const rows = RAWS.map(
    (
      raw,
      index,
    ) => `SELECT 'other' AS run, 'shop' AS source, CAST(NULL AS VARCHAR) AS table_name, 'a.db' AS file,
      ${index} AS record_number, NULL::BIGINT AS line, NULL::BIGINT AS byte_offset, NULL::BIGINT AS byte_length,
      'type_mismatch' AS reason, 'm' AS message, '[]' AS faults, '${raw}'::BLOB AS raw, 'hash' AS sha256`,
  );
  await engine.run(copyToParquetSql(rows.join('\nUNION ALL\n'), draft.path));
  const batches = [await draft.seal(RAWS.length)];
  rejects = {
    run: 'this',
    records: RAWS.length,
    byReason: new Map([['type_mismatch', RAWS.length]]),
    groups: [{ table: 'customers', batches }],
  };
});

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function exported(name: string, formulaGuard = true): Promise<string> {
  const file = path.join(folder, name);
  await exportRejects(engine, await openFolderBucket(folder), rejects, file, { formulaGuard });
  return readFile(file, 'utf8');
}

describe('exported rejects', () => {
  it('as JSON have exact bytes, the run that was asked for, and the table of a row without one', async () => {
    const lines = (await exported('a.ndjson'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ run: 'this', table: 'customers', raw: '=cmd|1', faults: [] });
    expect(lines.at(-1)).toMatchObject({ raw: null, raw_base64: '/wA=' });
  });

  it('as CSV have a quote in front of what a spreadsheet would run, but not of numbers', async () => {
    const text = await exported('a.csv');
    for (const guarded of ["'=cmd|1", "'+1 apple", "'@x", "'\ttab", "'\rcr"]) expect(text).toContain(guarded);
    expect(text).toContain(',-2.5e3,');
    expect(text).toContain(',plain,');
    expect(await exported('b.csv', false)).toContain(',=cmd|1,');
  });

  it('need a name that says the format', async () => {
    await expect(exported('a.txt')).rejects.toMatchObject({ code: 'usage' });
  });
});
