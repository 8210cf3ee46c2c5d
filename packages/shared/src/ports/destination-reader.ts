import type { ColumnSchema } from '../core/batch.ts';
import type { ContractRecord } from '../core/contract-record.ts';
import type { DriftRecord } from '../core/drift-record.ts';
import type { FoundTable } from '../core/table-change.ts';
import type { FailingRow, ProfiledRun, RunChecks } from '../core/run-checks.ts';
import type { InputRecord, RunRecord } from '../core/run-record.ts';
import type { Watermark } from '../core/watermark.ts';

/** What has been published in a destination, to be read and not changed. */
export interface DestinationReader {
  /** The published tables by name; none when nothing has been published yet. */
  tables(): Promise<PublishedTableInfo[]>;
  /**
   * What is under the name of a table, whoever made it; a kind of null means nothing. Null for a destination whose
   * tables are made anew by every run.
   */
  find(table: string): Promise<FoundTable | null>;
  /**
   * Runs one SELECT. Throws `query_failed` with the engine's message, for another kind of statement, and when
   * nothing has been published that could be asked.
   */
  query(sql: string, options: { readonly maxRows: number }): Promise<QueryResult>;
  /** Published and failed runs, the newest request first. */
  runs(limit: number): Promise<RunRecord[]>;
  /** Null when the destination has no such run. */
  run(run: string): Promise<RunDetail | null>;
  /** How far a pipeline's tables with a cursor have been published. */
  watermarks(pipeline: string): Promise<Watermark[]>;
  /** Check results and profiles of a run, published or not; empty for one that had none or is not known. */
  checks(run: string): Promise<RunChecks>;
  /** The first bad rows that were kept of a check. */
  failures(run: string, check: string, limit: number): Promise<FailingRow[]>;
  /** How the data of a run differed from the declared columns; empty for one that is not known. */
  drift(run: string): Promise<DriftRecord[]>;
  /** What people did with the contracts of a pipeline, as its runs brought it here; the oldest first. */
  contracts(pipeline: string): Promise<ContractRecord[]>;
  /** The profiles of a pipeline's published runs, the newest first; replays and runs without profiles are left out. */
  profiles(pipeline: string, limit: number): Promise<ProfiledRun[]>;
  close(): Promise<void>;
}

export interface PublishedTableInfo {
  readonly table: string;
  readonly pipeline: string;
  /** append, replace or merge(key, …). */
  readonly disposition: string;
  /** The model's columns, in DuckDB's types. */
  readonly columns: readonly ColumnSchema[];
  /** All rows that can be read; of a destination of files, over all runs. */
  readonly rows: number;
  /** The newest run that had this table, and its rows in it. */
  readonly latestRun: string;
  readonly latestRows: number;
}

export interface RunDetail {
  readonly record: RunRecord;
  readonly inputs: readonly InputRecord[];
  /** Rows of the run in each table; empty for a failed run. */
  readonly tables: Readonly<Record<string, number>>;
}

/** Integers are numbers, and bigints only where a number would not be exact. */
export type QueryValue = string | number | bigint | boolean | Uint8Array | null;

export interface QueryResult {
  /** `type` is the engine's name; null where SQLite has none, as for an expression. */
  readonly columns: readonly { readonly name: string; readonly type: string | null }[];
  readonly rows: readonly (readonly QueryValue[])[];
  /** Whether there are more rows than were asked for. */
  readonly truncated: boolean;
}
