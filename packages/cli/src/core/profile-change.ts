import type { ColumnProfile, TableProfile } from '@millrace/shared/core/check';

/** A measure of a column that two runs do not agree on. */
export interface ProfileChange {
  readonly column: string;
  /** DuckDB's name, after. */
  readonly type: string;
  readonly measure: 'nulls' | 'distinct' | 'min' | 'max' | 'mean';
  readonly before: string | number | null;
  readonly after: string | number | null;
}

const MEASURES = ['nulls', 'distinct', 'min', 'max', 'mean'] as const;
/** Of means: threads add in any order, so that the same rows may give other last digits. */
const SAME = 1e-9;

/** Where the profiles differ in columns that both have. */
export function profileChanges(before: TableProfile, after: TableProfile): ProfileChange[] {
  return before.columns.flatMap((one) => {
    const other = after.columns.find(({ name }) => name === one.name);
    return other === undefined ? [] : columnChanges(one, other);
  });
}

function columnChanges(before: ColumnProfile, after: ColumnProfile): ProfileChange[] {
  return MEASURES.filter((measure) => !isSame(before[measure], after[measure])).map((measure) => ({
    column: before.name,
    type: after.type,
    measure,
    before: before[measure],
    after: after[measure],
  }));
}

function isSame(one: string | number | null, other: string | number | null): boolean {
  if (typeof one !== 'number' || typeof other !== 'number') return one === other;
  return Math.abs(one - other) <= SAME * Math.max(Math.abs(one), Math.abs(other));
}
