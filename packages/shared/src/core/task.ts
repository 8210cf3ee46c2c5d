import type { BatchReference } from './batch.ts';
import type { CursorRange } from './cursor.ts';
import type { RejectReason } from './reject.ts';

/** A unit of work: one job, one manifest. Ids are stable within a run and fit for file names and job ids. */
export type Task = ExtractTask | ModelTask | CheckTask | LoadTask;
export type TaskKind = Task['kind'];

interface TaskBase {
  readonly id: string;
  /** Ids of tasks whose manifests must exist first. */
  readonly dependsOn: readonly string[];
}

export interface ExtractTask extends TaskBase {
  readonly kind: 'extract';
  readonly source: string;
  /** Staged tables it fills. */
  readonly tables: readonly string[];
  readonly read: ReadScope;
  /** sha256 of all that decides what this task makes (`describeExtract`); null where that is in doubt. */
  readonly fingerprint: string | null;
  /** The task that made the same earlier: its batches are taken over, and nothing is read. */
  readonly reuse: ExtractReference | null;
}

/** An extract task of an earlier run. */
export interface ExtractReference {
  readonly run: string;
  readonly task: string;
}

/** A partition: an independent slice of a source, read in one task. */
export type ReadScope =
  | { readonly kind: 'files'; readonly slices: readonly FileSlice[] }
  /** Of a SQLite file; `range` is an inclusive range of rowids, null for all rows or a query. Both bounds hold. */
  | {
      readonly kind: 'relation';
      readonly input: number;
      readonly range: RowidRange | null;
      readonly cursor: CursorRange | null;
    }
  /** Of a replay: rejected records, which stand in the bucket. */
  | { readonly kind: 'rejects'; readonly parts: readonly RejectsPart[] };

export interface RejectsPart {
  /** Objects of rejects. */
  readonly batches: readonly BatchReference[];
  /** Only records refused for one of these; null means all. */
  readonly reasons: readonly RejectReason[] | null;
  /** Without the records in these objects of rejects, known by file and record number. */
  readonly except: readonly BatchReference[];
  /** How many these are; to read another number is an error. */
  readonly records: number;
}

export interface RowidRange {
  readonly from: number;
  readonly to: number;
}

/** Whole records of one file, `start` to `end` in bytes of the file; `end` null means to the end of the file. */
export interface FileSlice {
  /** Index into the plan's inputs. */
  readonly input: number;
  readonly start: number;
  readonly end: number | null;
  /** 1-based line and record number of the first record of the slice. */
  readonly firstLine: number;
  readonly firstRecord: number;
  /** Records in it, where planning has counted them. */
  readonly records?: number | undefined;
}

export interface ModelTask extends TaskBase {
  readonly kind: 'model';
  readonly model: string;
}

/** Evaluates all checks of a table and measures its profile. Its manifest stands also when checks fail. */
export interface CheckTask extends TaskBase {
  readonly kind: 'check';
  /** A staged table or a model. */
  readonly table: string;
}

export interface LoadTask extends TaskBase {
  readonly kind: 'load';
  /** Index into the plan's destinations. */
  readonly destination: number;
}

export const STAGES = ['extract', 'transform', 'load'] as const;
export type Stage = (typeof STAGES)[number];

/** The stage, and so the queue, that does a kind of task. */
export const STAGE_OF: Record<TaskKind, Stage> = {
  extract: 'extract',
  model: 'transform',
  check: 'transform',
  load: 'load',
};
