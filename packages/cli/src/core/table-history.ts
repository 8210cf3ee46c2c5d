import type { CheckStatus, ColumnProfile } from '@millrace/shared/core/check';
import type { ContractAction, ContractRecord } from '@millrace/shared/core/contract-record';
import type { DriftRecord } from '@millrace/shared/core/drift-record';
import { reportDrift, type DriftReport } from '@millrace/shared/core/report/drift-report';
import type { RunChecks } from '@millrace/shared/core/run-checks';
import type { RunRecord } from '@millrace/shared/core/run-record';

/** What a destination remembers of one run. */
export interface RememberedRun {
  readonly record: RunRecord;
  readonly checks: RunChecks;
  /** Rows of the run in each published table. */
  readonly tables: Readonly<Record<string, number>>;
  readonly drift: readonly DriftRecord[];
}

/** A table over runs, as `--json` prints it. */
export interface TableHistory {
  readonly table: string;
  readonly pipeline: string;
  /** The newest first. */
  readonly runs: readonly TableRun[];
  /** What people did with its contract, the newest first. */
  readonly contracts: readonly TableContract[];
}

export interface TableContract {
  readonly action: ContractAction;
  readonly by: string;
  readonly recorded_at: string;
  readonly drift: readonly DriftReport[];
}

export interface TableRun {
  readonly run: string;
  readonly status: RunRecord['status'];
  readonly requested_at: string;
  /** Null for a run that ended before the table was measured, because its data was not as declared. */
  readonly rows: number | null;
  /** Of the whole run. */
  readonly records_rejected: number;
  /** Results of the table's checks. */
  readonly checks: Readonly<Record<CheckStatus, number>>;
  /** Empty for runs of versions that measured nothing. */
  readonly columns: readonly ColumnMeasures[];
  /** How its data differed from the declared columns. */
  readonly drift: readonly DriftReport[];
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
 * What a run says of a table; null when it neither measured nor published it nor met drift in it, and for a replay, whose
 * few rows are no part of the series.
 */
export function tableRun(table: string, { record, checks, tables, drift }: RememberedRun): TableRun | null {
  const profile = checks.profiles.find((one) => one.table === table);
  const rows = profile?.rows ?? tables[table] ?? null;
  const differences = reportDrift(drift.filter((one) => one.table === table));
  if ((rows === null && differences.length === 0) || record.replayOf !== null) return null;
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
    drift: differences,
  };
}

/** Of records of a pipeline, the oldest first, those that are about a table. */
export function tableContracts(table: string, records: readonly ContractRecord[]): TableContract[] {
  return records.toReversed().flatMap(({ action, by, recordedAt, drift }) => {
    const own = drift.filter((one) => one.table === table);
    return own.length === 0 ? [] : [{ action, by, recorded_at: recordedAt, drift: reportDrift(own) }];
  });
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
