import type { BatchReference, TableOutput } from './batch.ts';
import type { Checked } from './check.ts';
import type { DriftCount } from './drift.ts';
import type { RejectReason } from './reject.ts';
import type { ExtractReference, TaskKind } from './task.ts';

/** The record that a task is done, and of all it produced. Created once, never changed. */
export interface Manifest {
  readonly v: 1;
  readonly run: string;
  readonly task: string;
  readonly kind: TaskKind;
  /** Unique per try; part of the names of all objects the try wrote. */
  readonly attempt: string;
  readonly generation: number;
  readonly worker: string;
  readonly codeVersion: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Rows that the task found in the stored objects of each table it read: model and load tasks; else empty. */
  readonly reads: readonly TableRows[];
  readonly outputs: readonly TableOutput[];
  /** Extract tasks only, else null. */
  readonly extracted: Extracted | null;
  /** Load tasks only, else null. */
  readonly loaded: Loaded | null;
  /** Check tasks only, else null. */
  readonly checked: Checked | null;
}

export interface TableRows {
  readonly table: string;
  readonly rows: number;
}

export interface Extracted {
  readonly files: readonly FileCounts[];
  readonly rejects: RejectSummary;
  /** What contracts had it leave out; left out where there is none of it. */
  readonly drift?: readonly DriftCount[] | undefined;
  /** The task's own, when what was read is what was planned: a later run may take this over. Else null. */
  readonly fingerprint: string | null;
  /** The task whose batches and rejects these are; null when they were made by this one. */
  readonly reused: ExtractReference | null;
}

/** `seen = accepted + rejected`; blank lines are counted apart and are not records. */
export interface FileCounts {
  /** Index into the plan's inputs. */
  readonly input: number;
  readonly seen: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly blank: number;
  /**
   * The numbers of the accepted records in their order, each run of consecutive ones as its first and how many: of a
   * database, where rowids have gaps that nothing else tells. Left out for other files, and where there are too many runs.
   */
  readonly numbers?: readonly NumberRun[] | undefined;
}

/** Of consecutive numbers in one file. A table with more gaps is traced to the file: a manifest is read for every task. */
export const MAX_NUMBER_RUNS = 5000;

export type NumberRun = readonly [first: number, count: number];

export interface RejectSummary {
  readonly records: number;
  readonly byReason: Readonly<Partial<Record<RejectReason, number>>>;
  /** Parquet objects with the rejects themselves. */
  readonly batches: readonly BatchReference[];
}

export interface Loaded {
  /** Index into the plan's destinations. */
  readonly destination: number;
  /** Rows that the destination took, by its own account; null when an earlier attempt had committed. */
  readonly inserted: Readonly<Record<string, number>> | null;
  /** Rows of this run in each table of the destination, as counted there before the commit. */
  readonly tables: Readonly<Record<string, number>>;
  readonly publishedAt: string;
  /** True when the ledger already had the run: an earlier attempt had committed. */
  readonly already: boolean;
}

/** What a task's handler produces; the worker adds who and when, and commits it as the manifest. */
export type TaskResult = Pick<Manifest, 'outputs' | 'extracted' | 'loaded'> &
  Partial<Pick<Manifest, 'reads' | 'checked'>>;
