import type { CheckStatus, ColumnProfile } from '@millrace/shared/core/check';
import type { RunChecks } from '@millrace/shared/core/run-checks';
import type { RunRecord } from '@millrace/shared/core/run-record';

/** What a destination remembers of one run. */
export interface RememberedRun {
  readonly record: RunRecord;
  readonly checks: RunChecks;
  /** Rows of the run in each published table. */
  readonly tables: Readonly<Record<string, number>>;
}

/** A table over runs, as `--json` prints it. */
export interface TableHistory {
  readonly table: string;
  readonly pipeline: string;
  /** The newest first. */
  readonly runs: readonly TableRun[];
}

export interface TableRun {
  readonly run: string;
  readonly status: RunRecord['status'];
  readonly requested_at: string;
  readonly rows: number;
  /** Of the whole run. */
  readonly records_rejected: number;
  /** Results of the table's checks. */
  readonly checks: Readonly<Record<CheckStatus, number>>;
  /** Empty for runs of versions that measured nothing. */
  readonly columns: readonly ColumnMeasures[];
}

export interface ColumnMeasures {
  readonly name: string;
  readonly type: string;
  readonly nulls: number;
  /** 0 to 1; null in a table without rows. */
  readonly null_share: number | null;
  readonly distinct_approx: number;
  readonly min: string | null;
  readonly max: string | null;
  readonly mean: number | null;
}

/**
 * What a run says of a table; null when it neither measured nor published it, and for a replay, whose few rows are no
 * part of the series.
 */
export function tableRun(table: string, { record, checks, tables }: RememberedRun): TableRun | null {
  const profile = checks.profiles.find((one) => one.table === table);
  const rows = profile?.rows ?? tables[table];
  if (rows === undefined || record.replayOf !== null) return null;
  const own = checks.results.filter((result) => result.table === table);
  const count = (status: CheckStatus) => own.filter((result) => result.status === status).length;
  return {
    run: record.run,
    status: record.status,
    requested_at: record.requestedAt,
    rows,
    records_rejected: record.recordsRejected,
    checks: {
      pass: count('pass'),
      warn: count('warn'),
      error: count('error'),
      no_baseline: count('no_baseline'),
    },
    columns: profile?.columns.map((column) => columnMeasures(column, profile.rows)) ?? [],
  };
}

function columnMeasures(
  { name, type, nulls, distinct, min, max, mean }: ColumnProfile,
  rows: number,
): ColumnMeasures {
  return {
    name,
    type,
    nulls,
    null_share: rows === 0 ? null : nulls / rows,
    distinct_approx: distinct,
    min,
    max,
    mean,
  };
}
