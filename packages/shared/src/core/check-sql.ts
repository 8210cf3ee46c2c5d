import type { CheckRule, CheckValue } from './check.ts';
import { quoteIdentifier, quoteLiteral } from './sql-text.ts';

/** What a rule needs to know of its table. */
export interface CheckedTable {
  readonly name: string;
  /** In DuckDB's types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Rules whose bad rows are rows of the table. */
export type RowRule = Extract<
  CheckRule,
  { kind: 'not_null' | 'unique' | 'accepted_values' | 'relationships' | 'range' | 'matches' }
>;

export function isRowRule(rule: CheckRule): rule is RowRule {
  return ROW_RULES.has(rule.kind);
}

const ROW_RULES: ReadonlySet<CheckRule['kind']> = new Set<RowRule['kind']>([
  'not_null',
  'unique',
  'accepted_values',
  'relationships',
  'range',
  'matches',
]);

/**
 * A condition of SQL that is true for the bad rows of a table, and false or null for the others.
 * As in SQL constraints, a null breaks no rule but `not_null`.
 */
export function badRowSql(rule: RowRule, table: CheckedTable): string {
  switch (rule.kind) {
    case 'not_null':
      return `${quoteIdentifier(rule.column)} IS NULL`;
    case 'accepted_values': {
      const values = rule.values.map((value) => literalSql(value, typeOf(table, rule.column)));
      return `${quoteIdentifier(rule.column)} NOT IN (${values.join(', ')})`;
    }
    case 'range':
      return rangeSql(rule, typeOf(table, rule.column));
    case 'matches':
      return `NOT regexp_full_match(${quoteIdentifier(rule.column)}, ${quoteLiteral(rule.pattern)})`;
    case 'relationships': {
      const [column, field] = [quoteIdentifier(rule.column), quoteIdentifier(rule.field)];
      const known = `SELECT ${field} FROM ${quoteIdentifier(rule.to)} WHERE ${field} IS NOT NULL`;
      return `${column} IS NOT NULL AND ${column} NOT IN (${known})`;
    }
    case 'unique': {
      const key = `(${rule.columns.map(quoteIdentifier).join(', ')})`;
      return `${key} IN (${repeatedKeysSql(key, rule.columns, table)})`;
    }
  }
}

/** Whether a rule can be judged row by row, so that many of them take one scan. */
export function isPlainRule({ kind }: RowRule): boolean {
  return kind !== 'unique' && kind !== 'relationships';
}

/** Counts the bad rows of a rule that is not plain, as `bad_rows`. */
export function countBadRowsSql(rule: RowRule, table: CheckedTable): string {
  return rule.kind === 'unique'
    ? // Cheaper than to look at each row again, and most often there are none.
      `SELECT coalesce(sum(times), 0) AS bad_rows FROM (${repeatedKeysSql('count(*) AS times', rule.columns, table)})`
    : `SELECT count(*) AS bad_rows FROM ${quoteIdentifier(table.name)} WHERE ${badRowSql(rule, table)}`;
}

/**
 * Counts, as `unordered`, the rows that are not known to be greater in their key than the row before them. The first row
 * never is; where it is the only one, no two rows share a key, and to see that is far cheaper than to group them. Null for
 * keys of types of which it is not certain that values that are equal are never less than one another.
 * @param limit looks at so many rows only; null at all
 */
export function countUnorderedSql(
  columns: readonly string[],
  table: CheckedTable,
  limit: number | null,
): string | null {
  if (!columns.every((column) => ORDERED.test(typeOf(table, column)))) return null;
  const key = columns.map((column, index) => ({
    column: quoteIdentifier(column),
    now: `now_${index}`,
    before: `before_${index}`,
  }));
  const pairs = key.map(
    ({ column, now, before }) => `${column} AS ${now}, lag(${column}) OVER () AS ${before}`,
  );
  const isGreater = key.map(({ now, before }, index) =>
    [...key.slice(0, index).map((same) => `${same.now} = ${same.before}`), `${now} > ${before}`].join(
      ' AND ',
    ),
  );
  const name = quoteIdentifier(table.name);
  const from = limit === null ? name : `(FROM ${name} LIMIT ${limit})`;
  return (
    `SELECT count(*) AS unordered FROM (SELECT ${pairs.join(', ')} FROM ${from}) ` +
    `WHERE (${isGreater.join(' OR ')}) IS NOT TRUE`
  );
}

const ORDERED =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,\d+\)|VARCHAR|DATE|TIMESTAMP.*|UUID)$/;

/** One row for each key that stands in several rows. */
function repeatedKeysSql(select: string, columns: readonly string[], { name }: CheckedTable): string {
  const key = columns.map(quoteIdentifier);
  return (
    `SELECT ${select} FROM ${quoteIdentifier(name)} ` +
    `WHERE ${key.map((column) => `${column} IS NOT NULL`).join(' AND ')} ` +
    `GROUP BY ${key.join(', ')} HAVING count(*) > 1`
  );
}

function rangeSql({ column, min, max }: Extract<RowRule, { kind: 'range' }>, type: string): string {
  const name = quoteIdentifier(column);
  return [
    ...(min === null ? [] : [`${name} < ${literalSql(min, type)}`]),
    ...(max === null ? [] : [`${name} > ${literalSql(max, type)}`]),
    // To DuckDB it is greater than all numbers.
    ...(/^(FLOAT|DOUBLE)$/.test(type) ? [`isnan(${name})`] : []),
  ].join(' OR ');
}

/** A value of `pipeline.yml` in the type of its column. A number in a column of text is meant as its text. */
export function literalSql(value: CheckValue, type: string): string {
  if (type === 'VARCHAR') return quoteLiteral(String(value));
  return typeof value === 'string' ? `CAST(${quoteLiteral(value)} AS ${type})` : String(value);
}

function typeOf({ columns }: CheckedTable, column: string): string {
  return columns.find(({ name }) => name === column)?.type ?? 'VARCHAR';
}
