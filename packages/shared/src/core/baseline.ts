import {
  BASELINE_RUNS,
  type AnomalyMeasure,
  type Baseline,
  type PlannedCheck,
  type TableProfile,
} from './check.ts';
import type { ProfiledRun } from './run-checks.ts';

/** What is measured: `column` is null for volume. */
export interface Measured {
  readonly table: string;
  readonly measure: AnomalyMeasure;
  readonly column: string | null;
}

/** What a check compares with earlier runs; null for one that judges a table by itself. */
export function measuredBy({ table, rule }: Pick<PlannedCheck, 'table' | 'rule'>): Measured | null {
  if (rule.kind === 'anomaly') return { table, measure: rule.measure, column: rule.column };
  const isCompared = rule.kind === 'row_count' && rule.change !== null;
  return isCompared ? { table, measure: 'volume', column: null } : null;
}

/**
 * What checks compare with, each measure once.
 * @param runs published ones, the newest first; those of the last BASELINE_RUNS count that have the measure
 */
export function baselinesOf(checks: readonly PlannedCheck[], runs: readonly ProfiledRun[]): Baseline[] {
  const baselines: Baseline[] = [];
  for (const check of checks) {
    const measured = measuredBy(check);
    if (measured === null || baselines.some((known) => isSame(known, measured))) continue;
    const values = runs.slice(0, BASELINE_RUNS).flatMap(({ tables, plannedAt }) => {
      const profile = tables.find(({ table }) => table === measured.table);
      return profile === undefined ? [] : (measureOf(profile, measured, plannedAt) ?? []);
    });
    baselines.push({ ...measured, values });
  }
  return baselines;
}

/** The values that a plan fixed for a measure, the newest first. */
export function baselineValues(baselines: readonly Baseline[], measured: Measured): readonly number[] {
  return baselines.find((baseline) => isSame(baseline, measured))?.values ?? [];
}

function isSame(one: Measured, other: Measured): boolean {
  return one.table === other.table && one.measure === other.measure && one.column === other.column;
}

/**
 * A measure of a table, in its unit; null where there is none: shares and means of no values, ages of infinite times, bounds that are no finite number.
 * @param plannedAt of the run, ISO UTC: what ages are counted to
 */
export function measureOf(
  { rows, columns }: TableProfile,
  { measure, column }: Pick<Measured, 'measure' | 'column'>,
  plannedAt: string,
): number | null {
  if (measure === 'volume') return rows;
  const found = columns.find(({ name }) => name === column);
  if (found === undefined || rows === 0) return null;
  switch (measure) {
    case 'null_share':
      return found.nulls / rows;
    case 'distinct':
      return found.distinct;
    case 'mean':
      return found.mean;
    case 'min':
      return numberOf(found.min);
    case 'max':
      return numberOf(found.max);
    case 'freshness': {
      const newestMs = found.max === null ? null : timeOf(found.max);
      return newestMs === null ? null : (Date.parse(plannedAt) - newestMs) / 1000;
    }
  }
}

/** Null for what is no number, or infinite. */
function numberOf(text: string | null): number | null {
  const value = text === null || text === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

const TIME = /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}:\d{2})(\.\d+)?)?(?:\+00)?$/;

/** A date or time as DuckDB writes it in UTC, in milliseconds since the epoch; null for what is none, or infinite. */
function timeOf(text: string): number | null {
  const [, date, clock = '00:00:00', fraction = ''] = TIME.exec(text) ?? [];
  if (date === undefined) return null;
  return Date.parse(`${date}T${clock}Z`) + Number(`0${fraction}`) * 1000;
}
