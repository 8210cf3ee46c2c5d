import { LOADED_AT_COLUMN, RUN_COLUMN, latestViewName } from '@millrace/shared/core/ledger-schema';
import type { Disposition } from '@millrace/shared/core/pipeline';
import { quoteIdentifier, quoteLiteral } from '@millrace/shared/core/sql-text';

import type { SqliteColumn } from './sqlite-column.ts';

type Columns = readonly Pick<SqliteColumn, 'name' | 'declared'>[];

/** What SQLite allows in one statement. */
const MAX_PARAMETERS = 32_766;
/** More rows per statement gain nothing: the cost is then all in the rows. */
const ROWS_PER_INSERT = 10;

/** Columns that an appended table has besides the model's. */
const APPEND_COLUMNS: Columns = [
  { name: RUN_COLUMN, declared: 'TEXT' },
  { name: LOADED_AT_COLUMN, declared: 'TIMESTAMP' },
];

/** Creates the table, and the index that its disposition needs. */
export function createTable(table: string, columns: Columns, disposition: Disposition): string[] {
  const all = disposition.kind === 'append' ? [...columns, ...APPEND_COLUMNS] : columns;
  const create = `CREATE TABLE ${quoteIdentifier(table)} (${all.map(declaration).join(', ')})`;
  switch (disposition.kind) {
    case 'append':
      return [create, createIndex(`${table}_by_run`, table, [RUN_COLUMN])];
    case 'merge':
      return [create, createIndex(`${table}_key`, table, disposition.key, 'UNIQUE ')];
    case 'replace':
      return [create];
  }
}

function createIndex(name: string, table: string, columns: readonly string[], unique = ''): string {
  const on = `${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(', ')})`;
  return `CREATE ${unique}INDEX ${quoteIdentifier(`_millrace_${name}`)} ON ${on}`;
}

export function addColumn(table: string, column: Columns[number]): string {
  return `ALTER TABLE ${quoteIdentifier(table)} ADD COLUMN ${declaration(column)}`;
}

function declaration({ name, declared }: Columns[number]): string {
  return `${quoteIdentifier(name)} ${declared}`;
}

/**
 * The rows of the pipeline's newest published run and of the replays of its rejects; none when these had none for this
 * table. A replay of an older run belongs to that one.
 */
export function createLatestView(table: string, columns: readonly string[], pipeline: string): string {
  const newest = `SELECT run_id FROM _millrace_loads WHERE pipeline = ${quoteLiteral(pipeline)} AND replay_of IS NULL ORDER BY load_seq DESC LIMIT 1`;
  const runs = `SELECT run_id FROM _millrace_loads WHERE coalesce(replay_of, run_id) = (${newest})`;
  return `CREATE VIEW ${quoteIdentifier(latestViewName(table))} AS SELECT ${columns.map(quoteIdentifier).join(', ')} FROM ${quoteIdentifier(table)} WHERE ${quoteIdentifier(RUN_COLUMN)} IN (${runs})`;
}

export interface InsertTarget {
  readonly table: string;
  readonly columns: readonly string[];
  readonly disposition: Disposition;
  /** Columns of the table that the rows do not have; a merge sets them to null. */
  readonly absent: readonly string[];
  readonly run: string;
  readonly loadedAt: string;
}

/** How many rows one statement inserts. */
export function rowsPerInsert(columns: number): number {
  return Math.max(1, Math.min(ROWS_PER_INSERT, Math.floor(MAX_PARAMETERS / columns)));
}

/** An INSERT of `rows` rows whose parameters are the values row by row; a merge replaces the row of a key wholly. */
export function insertRows(target: InsertTarget, rows: number): string {
  const { disposition, columns } = target;
  const stamps = disposition.kind === 'append' ? [target.run, target.loadedAt] : [];
  const names = disposition.kind === 'append' ? [...columns, RUN_COLUMN, LOADED_AT_COLUMN] : columns;
  const row = `(${[...columns.map(() => '?'), ...stamps.map(quoteLiteral)].join(', ')})`;
  const insert = `INSERT INTO ${quoteIdentifier(target.table)} (${names.map(quoteIdentifier).join(', ')}) VALUES ${Array<string>(rows).fill(row).join(', ')}`;
  return disposition.kind === 'merge' ? `${insert} ${onConflict(target, disposition.key)}` : insert;
}

function onConflict({ columns, absent }: InsertTarget, key: readonly string[]): string {
  const updates = [
    ...columns.map((name) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`),
    ...absent.map((name) => `${quoteIdentifier(name)} = NULL`),
  ];
  return `ON CONFLICT (${key.map(quoteIdentifier).join(', ')}) DO UPDATE SET ${updates.join(', ')}`;
}
