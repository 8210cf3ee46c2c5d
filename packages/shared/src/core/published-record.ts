import type { ColumnSchema } from './batch.ts';
import type { ContractRecord } from './contract-record.ts';
import type { DriftRecord } from './drift-record.ts';
import type { FailingRow, RunChecks } from './run-checks.ts';
import type { InputRecord, RunRecord } from './run-record.ts';
import { findWatermark, type Watermark } from './watermark.ts';

/**
 * What `_millrace.json` in a published run's folder says: the ledger of a destination of files. The folder appears
 * by one rename, so a reader finds this file with everything it names, or no folder at all.
 */
export interface PublishedRecord {
  readonly v: 1;
  /** Order of publishing within the destination; runs published at the same moment may share one. */
  readonly loadSeq: number;
  readonly planSha256: string;
  readonly record: RunRecord;
  readonly inputs: readonly InputRecord[];
  readonly tables: readonly PublishedTable[];
  /** What this run moved them to. */
  readonly watermarks: readonly Watermark[];
}

export interface PublishedTable {
  readonly name: string;
  readonly disposition: string;
  /** File name within the run's folder. */
  readonly file: string;
  /** As stored in the file, `_run_id` and `_loaded_at` included. */
  readonly columns: readonly ColumnSchema[];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What `failed-runs/<run>.json` of a destination of files says of a run that failed or was cancelled. */
export interface FailedRecord {
  readonly v: 1;
  readonly record: RunRecord;
  readonly inputs: readonly InputRecord[];
}

/** What `_millrace_checks.json` says. */
export interface ChecksRecord extends RunChecks {
  readonly v: 1;
}

/** What `_millrace_failures.json` says; there is none where no bad rows were kept. */
export interface FailuresRecord {
  readonly v: 1;
  readonly failures: readonly FailingRow[];
}

/** What `_millrace_drift.json` says; there is none where the data was as declared. */
export interface DriftRecordFile {
  readonly v: 1;
  readonly drift: readonly DriftRecord[];
}

/** What `_millrace_contracts.json` says; there is none where nobody has compared or accepted anything. */
export interface ContractsRecordFile {
  readonly v: 1;
  readonly contracts: readonly ContractRecord[];
}

/** Where things are in a destination of files, relative to its path. */
export const FILES_LAYOUT = {
  runs: 'runs',
  /** A symbolic link to the folder of the newest published run that is no replay. */
  latest: 'latest',
  failedRuns: 'failed-runs',
  record: '_millrace.json',
  /** Beside the record, or in `failed-runs/<run>/`; apart from it, because all records are read often. */
  checks: '_millrace_checks.json',
  failures: '_millrace_failures.json',
  drift: '_millrace_drift.json',
  contracts: '_millrace_contracts.json',
  incomingPrefix: (run: string) => `.incoming-${run}-`,
} as const;

/** The newest that is no replay. */
export function newestRun(records: readonly PublishedRecord[]): PublishedRecord | null {
  return newestRecord(records.filter(({ record }) => record.replayOf === null));
}

/** Whether a run is this one or a replay of its rejects, so that its rows belong to the same. */
export function belongsTo({ record }: PublishedRecord, run: PublishedRecord): boolean {
  return (record.replayOf ?? record.run) === run.record.run;
}

/** The newest by order of publishing, then by run id (which begins with the time of request). */
export function newestRecord(records: readonly PublishedRecord[]): PublishedRecord | null {
  return records.reduce<PublishedRecord | null>(
    (newest, one) => (newest === null || isAfter(one, newest) ? one : newest),
    null,
  );
}

/** The watermarks of a pipeline: of each, what the newest run that moved it has made it. */
export function newestWatermarks(records: readonly PublishedRecord[], pipeline: string): Watermark[] {
  const sorted = records.filter(({ record }) => record.pipeline === pipeline).sort(newestFirst);
  return sorted.reduce<Watermark[]>(
    (newest, { watermarks }) => [
      ...newest,
      ...watermarks.filter((one) => findWatermark(newest, one) === null),
    ],
    [],
  );
}

/** For sorting, by order of publishing. */
export function newestFirst(one: PublishedRecord, other: PublishedRecord): number {
  return isAfter(one, other) ? -1 : 1;
}

function isAfter(one: PublishedRecord, other: PublishedRecord): boolean {
  return one.loadSeq !== other.loadSeq ? one.loadSeq > other.loadSeq : one.record.run > other.record.run;
}
