import type { Engine } from '@millrace/shared/adapters/duckdb';
import { judgeAnomaly } from '@millrace/shared/core/anomaly';
import { baselineValues, measureOf } from '@millrace/shared/core/baseline';
import {
  badRowSql,
  countBadRowsSql,
  countUnorderedSql,
  isPlainRule,
  isRowRule,
  type CheckedTable,
  type RowRule,
} from '@millrace/shared/core/check-sql';
import type { Baseline, CheckRule, PlannedCheck, TableProfile } from '@millrace/shared/core/check';
import type { Comparison } from '@millrace/shared/core/comparison';
import { isMillraceError } from '@millrace/shared/core/errors';
import { judgeRowCount } from '@millrace/shared/core/row-count';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import { badRowsFinding, comparisonFinding, type Finding } from './core/check-finding.ts';
import { formatAge } from './core/format-age.ts';
import { profileTable } from './profile-table.ts';

/** What the checks of one table are evaluated over. */
export interface Asked {
  readonly table: CheckedTable;
  readonly plannedAt: string;
  readonly checks: readonly PlannedCheck[];
  readonly baselines: readonly Baseline[];
}

interface Checking extends Asked {
  readonly profile: TableProfile;
}

/** Measures a table and evaluates its checks, in their order. All that can be judged row by row is so in the same scan. */
export async function findBadRows(
  engine: Engine,
  asked: Asked,
): Promise<{ readonly profile: TableProfile; readonly findings: Finding[] }> {
  const plain = asked.checks.flatMap(({ id, rule }) =>
    isRowRule(rule) && isPlainRule(rule) ? [{ id, rule }] : [],
  );
  const { profile, counted } = await countWhileMeasuring(engine, asked.table, plain);
  const findings: Finding[] = [];
  for (const check of asked.checks) {
    findings.push(counted.get(check.id) ?? (await findAlone(engine, { ...asked, profile }, check)));
  }
  return { profile, findings };
}

/** Nothing is counted when one of the rules cannot be evaluated: each is then tried by itself, to tell which. */
async function countWhileMeasuring(
  engine: Engine,
  table: CheckedTable,
  plain: readonly { readonly id: string; readonly rule: RowRule }[],
): Promise<{ profile: TableProfile; counted: ReadonlyMap<string, Finding> }> {
  const conditions = plain.map(({ rule }) => badRowSql(rule, table));
  const measured = await profileTable(engine, table, conditions).catch((error: unknown) => {
    if (isMillraceError(error) || plain.length === 0) throw error;
    return null;
  });
  if (measured === null) return { ...(await profileTable(engine, table)), counted: new Map() };
  const counts = plain.map(({ id }, index) => [id, badRowsFinding(measured.counts[index] ?? 0)] as const);
  return { profile: measured.profile, counted: new Map(counts) };
}

async function findAlone(engine: Engine, checking: Checking, { rule }: PlannedCheck): Promise<Finding> {
  try {
    return await evaluate(engine, checking, rule);
  } catch (error) {
    if (isMillraceError(error) || !(error instanceof Error) || isOfFiles(error)) throw error;
    return { verdict: 'unknown', badRows: 0, message: error.message.split('\n', 1)[0] ?? '' };
  }
}

/** A file that cannot be read says nothing of its rows; another try may. */
function isOfFiles(error: Error): boolean {
  return error.message.startsWith('IO Error');
}

async function evaluate(engine: Engine, checking: Checking, rule: CheckRule): Promise<Finding> {
  const { table, profile, plannedAt, baselines } = checking;
  if (isRowRule(rule)) {
    if (rule.kind === 'unique' && (await isInOrder(engine, checking, rule.columns))) return badRowsFinding(0);
    const sql = isPlainRule(rule)
      ? `SELECT count(*) AS bad_rows FROM ${quoteIdentifier(table.name)} WHERE ${badRowSql(rule, table)}`
      : countBadRowsSql(rule, table);
    return badRowsFinding(await countOf(engine, sql));
  }
  switch (rule.kind) {
    case 'sql':
      return badRowsFinding(await countOf(engine, `SELECT count(*) AS bad_rows FROM (\n${rule.sql}\n)`));
    case 'row_count': {
      const volumes = baselineValues(baselines, { table: table.name, measure: 'volume', column: null });
      return comparisonFinding(judgeRowCount(rule, profile.rows, volumes));
    }
    case 'anomaly': {
      const { measure, column } = rule;
      const values = baselineValues(baselines, { table: table.name, measure, column });
      return comparisonFinding(judgeAnomaly(rule, measureOf(profile, rule, plannedAt), values));
    }
    case 'freshness':
      return comparisonFinding(await judgeFreshness(engine, table, rule, plannedAt));
    case 'sum_equals':
      return comparisonFinding(await judgeSums(engine, table, rule));
  }
}

/** Below this a look at the order saves nothing. */
const WORTH_A_LOOK = 50_000;
/** Rows that tell at almost no cost that a table is in no order at all. */
const FIRST_ROWS = 10_000;

/**
 * Whether the rows stand in the order of this key, each greater than the one before, as most sources write their keys:
 * then none is there twice. That they do not says nothing.
 */
async function isInOrder(
  engine: Engine,
  { table, profile }: Checking,
  columns: readonly string[],
): Promise<boolean> {
  if (profile.rows < WORTH_A_LOOK) return false;
  for (const limit of [FIRST_ROWS, null]) {
    const sql = countUnorderedSql(columns, table, limit);
    if (sql === null) return false;
    const [row] = await engine.rows(sql);
    if (Number(row?.['unordered']) > 1) return false;
  }
  return true;
}

async function countOf(engine: Engine, sql: string): Promise<number> {
  const [row] = await engine.rows(sql);
  return Number(row?.['bad_rows']);
}

async function judgeFreshness(
  engine: Engine,
  { name }: CheckedTable,
  { column, maxAgeMs }: Extract<CheckRule, { kind: 'freshness' }>,
  plannedAt: string,
): Promise<Comparison> {
  const newest = `max(${quoteIdentifier(column)})`;
  const [row] = await engine.rows(
    `SELECT CAST(${newest} AS VARCHAR) AS newest, epoch_ms(CAST(${newest} AS TIMESTAMP)) AS newest_ms FROM ${quoteIdentifier(name)}`,
  );
  const found = row?.['newest'];
  if (typeof found !== 'string') {
    return { verdict: 'bad', message: `no row has a ${column}, so nothing tells how old the data is` };
  }
  const ageMs = Date.parse(plannedAt) - Number(row?.['newest_ms']);
  return {
    verdict: ageMs > maxAgeMs ? 'bad' : 'good',
    message: `the newest ${column}, ${found}, was ${formatAge(ageMs)} old when the run was planned; ${formatAge(maxAgeMs)} allowed`,
  };
}

/** In the engine, where sums of decimals and integers are exact. A table without rows has the sum 0. */
async function judgeSums(
  engine: Engine,
  { name }: CheckedTable,
  { column, to, field, tolerance }: Extract<CheckRule, { kind: 'sum_equals' }>,
): Promise<Comparison> {
  const sumOf = (value: string, table: string) =>
    `SELECT coalesce(sum(${quoteIdentifier(value)}), 0) AS total FROM ${quoteIdentifier(table)}`;
  const [row] = await engine.rows(
    `SELECT CAST(a.total AS VARCHAR) AS sum_a, CAST(b.total AS VARCHAR) AS sum_b, abs(a.total - b.total) <= ${tolerance} AS is_equal
     FROM (${sumOf(column, name)}) AS a, (${sumOf(field, to)}) AS b`,
  );
  const [sum, other] = [row?.['sum_a'] as string, row?.['sum_b'] as string];
  const allowed = tolerance === 0 ? '' : ` (${tolerance} allowed between them)`;
  return {
    verdict: row?.['is_equal'] === true ? 'good' : 'bad',
    message: `the sum of ${column} is ${sum}, that of ${field} in ${to} is ${other}${allowed}`,
  };
}
