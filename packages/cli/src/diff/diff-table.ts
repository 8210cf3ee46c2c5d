import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';

import { profileChanges } from '../core/profile-change.ts';
import { diffSql, type DiffSide } from './diff-sql.ts';
import type { RowDiff, TableDiff } from './table-diff.ts';
import type { RunTable } from './run-table.ts';

type Cell = string | number | null;
/** Asks one question; values as text, null, or numbers. */
export type Ask = (sql: string) => Promise<Cell[][]>;

/** Where the rows of two runs can be asked for together. */
export interface DiffPlace {
  readonly source: 'bucket' | 'destination';
  readonly engine: 'duckdb' | 'sqlite';
  readonly before: string;
  readonly after: string;
  readonly ask: Ask;
}

export interface DiffOptions {
  /** Given by a person; else what the model or the staged table says. */
  readonly key: readonly string[] | null;
  readonly examples: number;
}

/**
 * Compares a table of two runs.
 * @param place null when the rows of one of them are gone: then columns and profile are compared alone
 * @throws `usage` for a key that both do not have
 */
export async function diffTable(
  before: RunTable,
  after: RunTable,
  place: DiffPlace | null,
  options: DiffOptions,
): Promise<TableDiff> {
  const shared = before.columns
    .map(({ name }) => name)
    .filter((name) => after.columns.some((column) => column.name === name));
  const key = findKey(before, after, shared, options.key);
  const without = (one: RunTable, other: RunTable) =>
    one.columns.filter(({ name }) => !other.columns.some((column) => column.name === name));
  return {
    table: after.name,
    key: key.length === 0 ? null : key,
    compared: place?.source ?? null,
    columns: {
      added: without(after, before),
      removed: without(before, after),
      retyped: before.columns.flatMap(({ name, type }) => {
        const now = after.columns.find((column) => column.name === name);
        return now === undefined || now.type === type ? [] : [{ name, before: type, after: now.type }];
      }),
    },
    rows:
      place === null
        ? null
        : await diffRows(before, after, place, { key, shared, examples: options.examples }),
    profile:
      before.profile === null || after.profile === null ? [] : profileChanges(before.profile, after.profile),
  };
}

function findKey(
  before: RunTable,
  after: RunTable,
  shared: readonly string[],
  given: readonly string[] | null,
): string[] {
  const wished = given ?? after.key ?? before.key ?? [];
  const found = wished.map((name) => shared.find((column) => column.toLowerCase() === name.toLowerCase()));
  const missing = wished.find((_, index) => found[index] === undefined);
  if (missing === undefined) return found.filter((name) => name !== undefined);
  // A key that only one of them has tells nothing about the other.
  if (given === null) return [];
  throw fail('usage', {
    message: `Table '${after.name}' has no column '${missing}' in both runs.${didYouMean(missing, shared)}`,
    hint: `Columns of both: ${shared.join(', ')}.`,
  });
}

interface RowWish {
  readonly key: readonly string[];
  readonly shared: readonly string[];
  readonly examples: number;
}

async function diffRows(
  before: RunTable,
  after: RunTable,
  place: DiffPlace,
  { key, shared, examples }: RowWish,
): Promise<RowDiff | null> {
  if (shared.length === 0) return null;
  const side = (from: string, { columns }: RunTable): DiffSide => ({ from, columns });
  const others = shared.filter((name) => !key.includes(name));
  const sql = diffSql({
    before: side(place.before, before),
    after: side(place.after, after),
    key,
    others,
    examples,
    engine: place.engine,
  });
  const [counts = []] = await place.ask(sql.counts);
  const [rowsBefore, rowsAfter, removed, added, changed, sharedKeys] = counts.map(Number);
  const some = async (count: number | undefined, query: string | null) =>
    count === undefined || count === 0 || query === null ? [] : place.ask(query);
  const [perColumn = []] = await some(changed, sql.changedColumns);
  const names = [...key, ...others];
  const named = (row: readonly Cell[]) =>
    Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]));
  return {
    before: rowsBefore ?? 0,
    after: rowsAfter ?? 0,
    added: added ?? 0,
    removed: removed ?? 0,
    changed: changed ?? 0,
    unchanged: (rowsAfter ?? 0) - (added ?? 0) - (changed ?? 0),
    shared_keys: sharedKeys ?? 0,
    changed_columns: Object.fromEntries(
      others.map((name, index) => [name, Number(perColumn[index] ?? 0)] as const).filter(([, n]) => n > 0),
    ),
    examples: {
      removed: (await some(removed, sql.removed)).map(named),
      added: (await some(added, sql.added)).map(named),
      changed: (await some(changed, sql.changed)).map((row) => changedExample(row, key, others)),
    },
  };
}

/** @param row the key, then before and after of each other column */
function changedExample(row: readonly Cell[], key: readonly string[], others: readonly string[]) {
  const cells = others.map((name, index) => {
    const at = key.length + index * 2;
    return { name, before: row[at] ?? null, after: row[at + 1] ?? null };
  });
  return {
    key: Object.fromEntries(key.map((name, index) => [name, row[index] ?? null])),
    columns: Object.fromEntries(
      cells
        .filter((cell) => cell.before !== cell.after)
        .map((cell) => [cell.name, { before: cell.before, after: cell.after }]),
    ),
  };
}
