import type { Baseline, PlannedCheck } from './check.ts';
import type { Contract } from './contract.ts';
import type { Decoding } from './decoding.ts';
import type { PlannedDrift } from './drift.ts';
import type { Column, CsvOptions, Destination, Disposition, RejectLimits, SourceType } from './pipeline.ts';
import type { Task } from './task.ts';
import type { PlannedCursor } from './watermark.ts';

/**
 * Everything a run will do, decided once and never changed: workers need nothing else, so editing the pipeline
 * folder in mid-run changes nothing. Written to the bucket create-if-absent before any task is enqueued.
 */
export interface Plan {
  readonly v: 1;
  readonly run: string;
  readonly pipeline: string;
  /** Content hash of the pipeline folder this plan was made from. */
  readonly bundle: string;
  /** Absolute path of the pipeline folder, for messages and relative paths. */
  readonly baseDir: string;
  readonly codeVersion: string;
  readonly plannedAt: string;
  readonly batch: { readonly rows: number; readonly bytes: number };
  readonly rejects: RejectLimits;
  readonly inputs: readonly PlannedInput[];
  readonly sources: readonly PlannedSource[];
  readonly tables: readonly StagedTable[];
  readonly models: readonly PlannedModel[];
  readonly destinations: readonly Destination[];
  /** Tables that are read by a cursor, for each file on its own. */
  readonly cursors: readonly PlannedCursor[];
  readonly checks: readonly PlannedCheck[];
  /** What anomaly checks compare with. */
  readonly baselines: readonly Baseline[];
  /** How the data differs from what is declared, as far as planning saw it. */
  readonly drift: readonly PlannedDrift[];
  /** In an order in which every task comes after those it depends on. */
  readonly tasks: readonly Task[];
}

export interface PlannedSource {
  readonly name: string;
  readonly type: SourceType;
  readonly records: readonly (string | number)[] | null;
  readonly members: boolean;
  readonly csv: CsvOptions | null;
  readonly decoding: Decoding;
}

/** A file as it was found at planning; a file that differs at reading is `source_changed`. */
export interface PlannedInput {
  readonly source: string;
  /** Absolute. */
  readonly path: string;
  /** As shown to people: relative to the pipeline folder where it is inside it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Modification time in milliseconds since the epoch, with fraction. */
  readonly modifiedMs: number;
  /** When content, name or rights last changed (ctime), in the same unit. Nobody can set it back. */
  readonly changedMs: number;
  readonly inode: string;
  /** Of the file's bytes as stored (compressed if it is). */
  readonly sha256: string;
  /** When its bytes were read for `sha256`: at this planning, or at an earlier one that found the same file. */
  readonly hashedAt: string;
  /** SQLite: changes stand in a journal beside the file, so that `sha256` does not tell its content. */
  readonly inUse: boolean;
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly layout: InputLayout;
}

export type InputLayout =
  /**
   * `lines`: one value per line; `array`: elements of one top-level array; `document`: the elements of the array
   * under `records`; `members`: the members of the object there, each a key and a value; `values`: whole values one after
   * another, each possibly over several lines (one record is one value).
   */
  | { readonly kind: 'json'; readonly shape: 'lines' | 'array' | 'document' | 'members' | 'values' }
  | {
      readonly kind: 'csv';
      readonly delimiter: string;
      readonly newline: 'lf' | 'crlf' | 'cr';
      /** Names of the fields in the file's own order. */
      readonly header: readonly string[];
      /** Byte offset of the first data record, after BOM and header. */
      readonly dataStart: number;
    }
  /** `version` differs after every write to the database, see `databaseVersion`. */
  | { readonly kind: 'sqlite'; readonly version: string }
  | { readonly kind: 'parquet' };

export interface StagedTable {
  readonly name: string;
  readonly source: string;
  readonly key: readonly string[];
  readonly each: readonly (string | number)[] | null;
  readonly columns: readonly Column[];
  /** True when the columns were inferred from the data. */
  readonly inferred: boolean;
  readonly query: string | null;
  readonly relation: string;
  /** Left out: DEFAULT_CONTRACT. */
  readonly contract?: Contract | undefined;
}

export interface PlannedModel {
  readonly name: string;
  readonly sql: string;
  readonly file: string;
  /** Staged tables and models it reads. */
  readonly dependsOn: readonly string[];
  readonly load: Disposition | null;
}
