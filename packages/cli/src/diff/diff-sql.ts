import type { ColumnSchema } from '@millrace/shared/core/batch';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

/** The rows of one run: what stands behind FROM. */
export interface DiffSide {
  readonly from: string;
  readonly columns: readonly ColumnSchema[];
}

export interface DiffSql {
  /** Rows before and after, and of these lost, gained and changed, then keys that several differing rows share. */
  readonly counts: string;
  /** Of the changed rows, in how many each column that is no part of the key differs. Null without a key. */
  readonly changedColumns: string | null;
  readonly removed: string;
  readonly added: string;
  /** Key, then before and after of each other column. Null without a key. */
  readonly changed: string | null;
}

export interface DiffWish {
  readonly before: DiffSide;
  readonly after: DiffSide;
  /** Columns that both sides have: the key, then the others. */
  readonly key: readonly string[];
  readonly others: readonly string[];
  /** Rows of each kind to show. */
  readonly examples: number;
  readonly engine: 'duckdb' | 'sqlite';
}

/**
 * The questions whose answers are the difference of two tables. Rows that are the same on both sides cancel out in one
 * aggregation, which engines do on disk where memory ends; what is left is matched by key. Without a key a row that
 * changed is one removed and one added.
 */
export function diffSql(wish: DiffWish): DiffSql {
  const { before, after, key, others, engine } = wish;
  const keys = key.map((_, index) => `c${index}`);
  const rest = others.map((_, index) => `c${key.length + index}`);
  const columns = [...keys, ...rest];
  const names = [...key, ...others];
  const select = (side: DiffSide, other: DiffSide): string =>
    names.map((name, index) => `${columnSql(name, side, other, engine)} AS c${index}`).join(', ');
  const all = `all_rows AS (
    SELECT ${select(before, after)}, 1 AS was, 0 AS now FROM ${before.from}
    UNION ALL SELECT ${select(after, before)}, 0, 1 FROM ${after.from})`;
  const list = columns.join(', ');
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')}`;
  const differing = `differing AS (
    SELECT ${list}, sum(now) - sum(was) AS gain FROM all_rows GROUP BY ${list} HAVING sum(now) <> sum(was)),
  marked AS (
    SELECT *, sum(CASE WHEN gain < 0 THEN -gain ELSE 0 END) OVER (${partition}) AS lost,
      sum(CASE WHEN gain > 0 THEN gain ELSE 0 END) OVER (${partition}) AS gained FROM differing)`;
  const text = (column: string) => (engine === 'duckdb' ? `CAST(${column} AS VARCHAR)` : column);
  const examplesOf = (sign: '<' | '>', without: 'gained' | 'lost') => {
    const alone = keys.length === 0 ? '' : ` AND ${without} = 0`;
    return `WITH ${all}, ${differing} SELECT ${columns.map(text).join(', ')} FROM marked
      WHERE gain ${sign} 0${alone} ORDER BY ${list} LIMIT ${wish.examples}`;
  };
  const base = { all, differing, keys, rest, engine };
  return {
    counts: countsSql(base),
    changedColumns: keys.length === 0 ? null : changedColumnsSql(base),
    removed: examplesOf('<', 'gained'),
    added: examplesOf('>', 'lost'),
    changed: keys.length === 0 ? null : changedSql(base, wish.examples, text),
  };
}

interface Base {
  readonly all: string;
  readonly differing: string;
  readonly keys: readonly string[];
  readonly rest: readonly string[];
  readonly engine: DiffWish['engine'];
}

function countsSql({ all, differing, keys }: Base): string {
  const group =
    keys.length === 0
      ? 'SELECT lost, gained, 0 AS kept FROM marked LIMIT 1'
      : `SELECT max(lost) AS lost, max(gained) AS gained,
           CASE WHEN max(lost) < max(gained) THEN max(lost) ELSE max(gained) END AS kept
         FROM marked GROUP BY ${keys.join(', ')}`;
  return `WITH ${all}, ${differing}, per_key AS (${group})
    SELECT (SELECT sum(was) FROM all_rows) AS rows_before, (SELECT sum(now) FROM all_rows) AS rows_after,
      sum(lost - kept) AS removed, sum(gained - kept) AS added, sum(kept) AS changed,
      sum(CASE WHEN ${keys.length === 0 ? 'false' : 'lost > 1 OR gained > 1'} THEN 1 ELSE 0 END) AS shared_keys
    FROM per_key`;
}

/** One row per key that lost one row and gained another: `x` is the one before, `y` the one after. */
function pairsSql({ keys, rest, engine }: Base): string {
  const pick = engine === 'duckdb' ? 'any_value' : 'max';
  const sides = rest.flatMap((column) => [
    `${pick}(CASE WHEN gain < 0 THEN ${column} END) AS x_${column}`,
    `${pick}(CASE WHEN gain > 0 THEN ${column} END) AS y_${column}`,
  ]);
  return `pairs AS (SELECT ${[...keys, ...sides].join(', ')} FROM marked
    WHERE lost = 1 AND gained = 1 GROUP BY ${keys.join(', ')})`;
}

function changedColumnsSql(base: Base): string | null {
  if (base.rest.length === 0) return null;
  const counts = base.rest.map(
    (column) => `sum(CASE WHEN x_${column} IS DISTINCT FROM y_${column} THEN 1 ELSE 0 END) AS n_${column}`,
  );
  return `WITH ${base.all}, ${base.differing}, ${pairsSql(base)} SELECT ${counts.join(', ')} FROM pairs`;
}

function changedSql(base: Base, examples: number, text: (column: string) => string): string {
  const columns = [...base.keys, ...base.rest.flatMap((column) => [`x_${column}`, `y_${column}`])];
  return `WITH ${base.all}, ${base.differing}, ${pairsSql(base)}
    SELECT ${columns.map(text).join(', ')} FROM pairs ORDER BY ${base.keys.join(', ')} LIMIT ${examples}`;
}

const NUMBER = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/;

/** Columns whose type changed are compared as text, unless both are numbers. */
function columnSql(name: string, side: DiffSide, other: DiffSide, engine: DiffWish['engine']): string {
  const column = quoteIdentifier(name);
  const [own = '', others = ''] = [side, other].map(
    ({ columns }) => columns.find((one) => one.name === name)?.type,
  );
  const isComparable = own === others || (NUMBER.test(own) && NUMBER.test(others));
  return engine === 'sqlite' || isComparable ? column : `CAST(${column} AS VARCHAR)`;
}
