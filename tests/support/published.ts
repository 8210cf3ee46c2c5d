import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import Database from 'better-sqlite3';

import { ROOT } from './test-stack.ts';

const run = promisify(execFile);

/** A table as the oracles write it: every value as text, so that nothing is rounded on the way. */
export interface ExpectedTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Runs a script of tests/oracle and gives a function that reads one of its tables. */
export async function runOracle(
  script: string,
  dataDir: string,
  outDir: string,
): Promise<(table: string) => Promise<ExpectedTable>> {
  await run('python3', [path.join(ROOT, 'tests/oracle', script), dataDir, outDir]);
  return async (table) =>
    JSON.parse(await readFile(path.join(outDir, `${table}.json`), 'utf8')) as ExpectedTable;
}

/** The rows of a published table, of one run or of all, in the oracle's form and order of columns. */
export function readPublished(
  database: string,
  table: string,
  expected: ExpectedTable,
  run?: string,
): (string | null)[][] {
  const db = new Database(database, { readonly: true });
  try {
    const columns = expected.columns.map(({ name }) => `"${name}"`).join(', ');
    const rows = db
      .prepare(
        `SELECT ${columns} FROM "${table}" ${run === undefined ? '' : 'WHERE _run_id = ?'} ORDER BY rowid`,
      )
      .safeIntegers()
      .raw()
      .all(...(run === undefined ? [] : [run])) as unknown[][];
    return rows.map((row) =>
      row.map((value, index) => toText(value, expected.columns[index]?.type ?? 'text')),
    );
  } finally {
    db.close();
  }
}

function toText(value: unknown, type: string): string | null {
  if (value === null) return null;
  const scale = /^decimal\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined) return Number(value).toFixed(Number(scale));
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value);
  if (type === 'boolean') return value === 1n ? 'true' : 'false';
  if (type === 'timestamp' && typeof value === 'string')
    return value.includes('.') ? value.padEnd(26, '0') : `${value}.000000`;
  return typeof value === 'bigint' ? value.toString() : (value as string);
}

/** One row of a query on a SQLite file. */
export function queryRow(database: string, sql: string): Record<string, unknown> {
  const db = new Database(database, { readonly: true });
  try {
    return db.prepare(sql).get() as Record<string, unknown>;
  } finally {
    db.close();
  }
}

export function queryRows(database: string, sql: string): Record<string, unknown>[] {
  const db = new Database(database, { readonly: true });
  try {
    return db.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    db.close();
  }
}
