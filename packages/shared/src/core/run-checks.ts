import type { Checked, CheckResult, TableProfile } from './check.ts';
import type { ContractRecord } from './contract-record.ts';
import type { DriftRecord } from './drift-record.ts';
import type { RowOrigin } from './row-origin.ts';

/** What the checks of one run found, as a destination keeps it. */
export interface RunChecks {
  readonly results: readonly CheckRecord[];
  readonly profiles: readonly StoredProfile[];
}

/** The same with the bad rows that were kept, as it is written. */
export interface CheckedRun extends RunChecks {
  readonly failures: readonly FailingRow[];
  /** How the data differed from what was declared. */
  readonly drift: readonly DriftRecord[];
  /** What people did with the contracts of its pipeline, up to now. */
  readonly contracts: readonly ContractRecord[];
}

/** The result of one check in one run. */
export interface CheckRecord extends Omit<CheckResult, 'failures'> {
  /** Of the bad rows, at most MAX_FAILURES. */
  readonly keptRows: number;
}

/** A table as one run measured it. */
export interface StoredProfile extends TableProfile {
  readonly table: string;
}

/** A bad row that was kept. */
export interface FailingRow {
  readonly check: string;
  /** From 1, within its check. */
  readonly number: number;
  /** An object of the row's columns as JSON; decimals and integers with all their digits. */
  readonly row: string;
  /** Null for rows of models, which no single record of a file has made. */
  readonly origin: RowOrigin | null;
}

/** The profiles of one published run. */
export interface ProfiledRun {
  readonly run: string;
  /** When it was planned, ISO UTC: what the age of its newest values is counted from. */
  readonly plannedAt: string;
  /** ISO UTC. */
  readonly publishedAt: string;
  readonly tables: readonly StoredProfile[];
}

/** @param checked of all check tasks that have a manifest */
export function runChecks(checked: readonly Checked[]): RunChecks {
  return {
    results: checked.flatMap(({ results }) =>
      results.map(({ failures, ...result }) => ({ ...result, keptRows: failures?.rows ?? 0 })),
    ),
    profiles: checked.map(({ table, profile }) => ({ table, ...profile })),
  };
}
