import type { PlannedCheck } from './check.ts';
import type { ColumnType } from './column-type.ts';
import type { Contract } from './contract.ts';
import type { CursorDeclaration } from './cursor.ts';
import type { Decoding } from './decoding.ts';
import type { Schedule } from './schedule.ts';
import type { ValuePath } from './value-path.ts';

/** A pipeline as its folder declares it: checked and with defaults filled in, not yet looked at any data. */
export interface Pipeline {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly models: readonly ModelDeclaration[];
  readonly checks: readonly CheckDeclaration[];
  readonly batch: { readonly rows: number; readonly bytes: number };
  readonly rejects: RejectLimits;
  readonly destinations: readonly Destination[];
  /** Null: it runs when somebody asks for it. */
  readonly schedule: Schedule | null;
}

/** null means no limit. A ratio is rejected records ÷ records seen. */
export interface RejectLimit {
  readonly maxRows: number | null;
  readonly maxRatio: number | null;
}

/** The limit over all records of a run, and those that hold over the records of one source; a run keeps them all. */
export interface RejectLimits extends RejectLimit {
  readonly sources: readonly SourceRejectLimit[];
}

export interface SourceRejectLimit extends RejectLimit {
  readonly source: string;
  /** Nobody wrote it: a single reject beside accepted records then never exceeds it. */
  readonly byDefault: boolean;
}

/** Of a source without `rejects:` in a pipeline without one. */
export const DEFAULT_MAX_RATIO = 0.05;

export const SOURCE_TYPES = ['json', 'csv', 'sqlite', 'parquet'] as const;
export type SourceType = (typeof SOURCE_TYPES)[number];

export interface Source {
  readonly name: string;
  readonly type: SourceType;
  /** As written: a file, a folder or a glob, relative to the pipeline folder or absolute. */
  readonly path: string;
  /** JSON: keys that lead to the records inside a document; null when the records are at the top. */
  readonly records: readonly (string | number)[] | null;
  /** Whether the records are the members of an object at `records`, not the elements of an array. */
  readonly members: boolean;
  /** Null for sources that are not CSV. */
  readonly csv: CsvOptions | null;
  readonly decoding: Decoding;
  /** Whether no matching file, or an empty one, is fine. */
  readonly allowEmpty: boolean;
  /** Whether links met in a folder or glob may lead out of it. */
  readonly followSymlinks: boolean;
  readonly tables: readonly TableDeclaration[];
}

export interface CsvOptions {
  /** One character; null means found out from the data. */
  readonly delimiter: string | null;
  readonly quote: string;
  /** False: columns are named column_1, column_2 … */
  readonly header: boolean;
  /** Unquoted values that mean null, besides the empty one. */
  readonly nulls: readonly string[];
}

export interface TableDeclaration {
  readonly name: string;
  readonly key: readonly string[];
  /** Steps to a nested array whose elements are this table's rows; null when the record itself is the row. */
  readonly each: readonly (string | number)[] | null;
  /** Null means: infer from the data. */
  readonly columns: readonly Column[] | null;
  /** SQLite: the query to read; null means the relation `table`. */
  readonly query: string | null;
  /** SQLite: name of the table or view to read, by default the staged table's own name. */
  readonly relation: string;
  /** SQLite: null reads all rows in every run. */
  readonly cursor: CursorDeclaration | null;
  /** Left out: DEFAULT_CONTRACT. */
  readonly contract?: Contract | undefined;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly path: ValuePath;
  /** A required column refuses null and absence. */
  readonly required: boolean;
  /** A strict text column refuses JSON numbers; otherwise their source text is taken. */
  readonly strict: boolean;
  /** date and timestamp: `iso` (default), `epoch_s`, `epoch_ms` or a strptime pattern; null elsewhere. */
  readonly format: string | null;
}

export interface ModelDeclaration {
  readonly name: string;
  readonly sql: string;
  /** Path relative to the pipeline folder, for messages. */
  readonly file: string;
  /** Null: the model is only read by other models. */
  readonly load: Disposition | null;
}

/** A check before its columns are known. */
export interface CheckDeclaration extends Omit<PlannedCheck, 'table' | 'reads'> {
  /** Null for a file in `checks/` that nobody assigned: its table is found from what it reads. */
  readonly table: string | null;
  /** Whether it is one of several that one rule stands for, and is left out where its column has no such measure. */
  readonly isOptional: boolean;
  /** File and line, for messages. */
  readonly where: string;
}

/** How a model's rows meet the table in the destination. */
export type Disposition =
  | { readonly kind: 'append' }
  | { readonly kind: 'replace' }
  | { readonly kind: 'merge'; readonly key: readonly string[] };

export type Destination =
  | { readonly type: 'sqlite'; readonly path: string }
  | { readonly type: 'files'; readonly path: string; readonly format: 'csv' | 'parquet' };
