import type { BatchReference } from './batch.ts';

/** A data test of a table, as the plan fixes it: a query that returns bad rows, or a comparison of numbers. */
export interface PlannedCheck {
  /** Unique in a pipeline and the same in every run, so that results can be compared: `orders.unique.order_id`. */
  readonly id: string;
  /** The staged table or model it is about, and whose task evaluates it. */
  readonly table: string;
  /** All staged tables and models it reads, its own among them. */
  readonly reads: readonly string[];
  readonly rule: CheckRule;
  readonly severity: CheckSeverity;
  readonly errorIf: CheckThreshold;
  readonly warnIf: CheckThreshold;
}

/** `error` stops the run before anything is published; `warn` publishes and says so. */
export type CheckSeverity = 'error' | 'warn';

/** Of bad rows: their number, or their share of the rows of the table (0 to 1). */
export interface CheckThreshold {
  readonly operator: '>' | '>=' | '<' | '<=' | '=' | '!=';
  readonly value: number;
  readonly unit: 'rows' | 'ratio';
}

export type CheckRule =
  | { readonly kind: 'not_null'; readonly column: string }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'accepted_values'; readonly column: string; readonly values: readonly CheckValue[] }
  | {
      readonly kind: 'relationships';
      readonly column: string;
      readonly to: string;
      readonly field: string;
    }
  | {
      readonly kind: 'range';
      readonly column: string;
      readonly min: CheckValue | null;
      readonly max: CheckValue | null;
    }
  /** The whole value matches the pattern (RE2, as DuckDB has it). */
  | { readonly kind: 'matches'; readonly column: string; readonly pattern: string }
  /** `change`: at most this share (0.5 is half) more or fewer rows than the last published run. */
  | {
      readonly kind: 'row_count';
      readonly min: number | null;
      readonly max: number | null;
      readonly change: number | null;
    }
  /** The newest value of the column is at most so old when the run was planned. */
  | { readonly kind: 'freshness'; readonly column: string; readonly maxAgeMs: number }
  | {
      readonly kind: 'sum_equals';
      readonly column: string;
      readonly to: string;
      readonly field: string;
      /** Absolute difference that is still equal; 0 for decimals and integers by default. */
      readonly tolerance: number;
    }
  /** A SELECT of a file in `checks/`; each row it returns is bad. */
  | { readonly kind: 'sql'; readonly file: string; readonly sql: string }
  /** A measure of the table's profile that is far from those of earlier published runs. */
  | {
      readonly kind: 'anomaly';
      readonly measure: AnomalyMeasure;
      readonly column: string | null;
      /** In standard deviations. */
      readonly threshold: number;
      readonly direction: 'both' | 'up' | 'down';
      /** Differences smaller than this are never anomalies. */
      readonly floor: number;
      /** Whether the floor is in the unit of the measure, or a share of what earlier runs had on average. */
      readonly floorIn: 'measure' | 'share';
      /** Whether a measure of 0 fails whatever the baseline says. */
      readonly failOnZero: boolean;
    };

export type CheckKind = CheckRule['kind'];
export type CheckValue = string | number | boolean;
/**
 * `volume`: rows; `freshness`: age of the newest value in seconds; `null_share`: 0 to 1; `distinct`: different values, about;
 * the others: of the values.
 */
export const ANOMALY_MEASURES = [
  'volume',
  'freshness',
  'null_share',
  'distinct',
  'min',
  'mean',
  'max',
] as const;
export type AnomalyMeasure = (typeof ANOMALY_MEASURES)[number];

/** What published runs measured, the newest first, at most BASELINE_RUNS; fixed at planning, so that a retry judges alike. */
export interface Baseline {
  readonly table: string;
  readonly measure: AnomalyMeasure;
  /** Null for volume. */
  readonly column: string | null;
  readonly values: readonly number[];
}

export const BASELINE_RUNS = 14;
export const BASELINE_MIN_RUNS = 7;

/**
 * `error`: failed with severity error, or could not be evaluated; `no_baseline`: too few earlier runs to judge by. Only
 * `error` stops a run.
 */
export type CheckStatus = 'pass' | 'warn' | 'error' | 'no_baseline';

/** Of one check in one run. */
export interface CheckResult {
  readonly check: string;
  readonly table: string;
  readonly kind: CheckKind;
  readonly severity: CheckSeverity;
  readonly status: CheckStatus;
  /** Rows that are bad; for comparisons of numbers 0 or 1. */
  readonly badRows: number;
  /** Rows of the table. */
  readonly rows: number;
  /** A sentence with the numbers: what was found and what was allowed. */
  readonly message: string;
  /**
   * Bad rows that were kept, at most MAX_FAILURES: an object of rows of the table, with FAILURE_PLACE if it is a staged
   * one, or of rows of the check's own SELECT; null where there are none.
   */
  readonly failures: BatchReference | null;
}

export const MAX_FAILURES = 1000;

/**
 * Columns that tell where a bad row of a staged table stands: the object, as a key or a path that ends in it, and the
 * row in it, from 0. From that the record of the source is found.
 */
export const FAILURE_PLACE = { batch: '_millrace_batch', row: '_millrace_row' } as const;

/** What a check task found. */
export interface Checked {
  readonly table: string;
  readonly results: readonly CheckResult[];
  readonly profile: TableProfile;
}

/** One table of one run in numbers. */
export interface TableProfile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}

export interface ColumnProfile {
  readonly name: string;
  /** DuckDB's name. */
  readonly type: string;
  readonly nulls: number;
  /** Approximate (HyperLogLog). */
  readonly distinct: number;
  /** As DuckDB writes them as text, cut after MAX_PROFILED_TEXT characters; null without values, or of nested or binary type. */
  readonly min: string | null;
  readonly max: string | null;
  /**
   * Of finite numbers; of timestamps and dates in seconds since the epoch; of booleans the share that is true; null for
   * other types and without such values.
   */
  readonly mean: number | null;
}

export const MAX_PROFILED_TEXT = 200;
