import type { ColumnsMode } from './contract.ts';

export const DRIFT_KINDS = ['new_column', 'missing_column', 'changed_type'] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** The path of fields that are too many to be told apart. */
export const OTHER_FIELDS = '…';

/** A difference between the declared columns of a table and its data, told from some rows when a run was planned. */
export interface PlannedDrift {
  readonly table: string;
  readonly kind: DriftKind;
  /** The declared column, or the one that a new field would become. */
  readonly column: string;
  /** Where its value stands in a row, as `from:` is written. */
  readonly path: string;
  /** The declared type; null for a new column. */
  readonly declared: string | null;
  /** The type of the values that were found; null where there were none. */
  readonly found: string | null;
  /** Sampled rows that show it: with a value in a new field, without the field, with a value of another type. */
  readonly rows: number;
  readonly sampledRows: number;
  /** One of the values, as people are shown it; plans have none of new columns, which may be left out on purpose. */
  readonly example: string | null;
  /** What the contract says of it. */
  readonly mode: ColumnsMode;
}

/** One that planning saw, or a single record on reading: then nobody counted rows. */
export interface MetDrift extends Omit<PlannedDrift, 'rows' | 'sampledRows'> {
  /** Sampled rows that show it; null when reading alone met it. */
  readonly rows: number | null;
  readonly sampledRows: number | null;
}

/** What nobody declared may be there to be left out, and plans and histories are read by more people than the source. */
export function withoutNewValue(drift: PlannedDrift): PlannedDrift {
  return drift.kind === 'new_column' ? { ...drift, example: null } : drift;
}

/** Values that an extract task left out, or absent fields that it took for null, because a contract says so. */
export interface DriftCount {
  readonly table: string;
  readonly kind: DriftKind;
  readonly path: string;
  readonly values: number;
  /** The first value of a changed type; else null. */
  readonly example: string | null;
}

/** Counts of several tasks, those of one field added up, the most frequent first. */
export function sumDrift(counts: Iterable<DriftCount>): DriftCount[] {
  const sums = new Map<string, DriftCount>();
  for (const count of counts) {
    const key = JSON.stringify([count.table, count.kind, count.path]);
    const before = sums.get(key);
    sums.set(key, before === undefined ? count : { ...before, values: before.values + count.values });
  }
  return [...sums.values()].sort((one, other) => other.values - one.values);
}

/** Without a stop at its end, so that several make a sentence. */
export function describeDrift({
  table,
  kind,
  column,
  path,
  declared,
  found,
  rows,
  sampledRows,
  example,
}: PlannedDrift): string {
  const such = example === null ? '' : `, such as ${example}`;
  const of = `in ${rows} of ${sampledRows} sampled rows${such}`;
  switch (kind) {
    case 'new_column':
      if (path === OTHER_FIELDS) return `${table} has ${column} that nobody declared`;
      return found === null
        ? `${table} has a new field ${path}, without values in ${sampledRows} sampled rows`
        : `${table} has a new field ${path} of type ${found} ${of}`;
    case 'missing_column':
      return `${table}.${column} is missing ${of}`;
    case 'changed_type':
      return `${table}.${column} is declared as ${declared ?? ''} and is ${found ?? ''} ${of}`;
  }
}
