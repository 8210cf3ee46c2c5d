import { nativeCursor, type CursorValue } from '../cursor.ts';
import type { Plan } from '../plan.ts';

/** Where a table with a cursor stands in one file, as `plan`, `status` and others print it with `--json`. */
export interface CursorReport {
  readonly source: string;
  readonly table: string;
  readonly file: string;
  readonly column: string;
  /** The watermark when the run was planned; null when all rows are read. */
  readonly after: string | number | null;
  /** The watermark once the run is published; null when the table has no rows. */
  readonly up_to: string | number | null;
}

export function reportCursors(plan: Pick<Plan, 'cursors'>): CursorReport[] {
  return plan.cursors.map(({ source, table, file, column, after, upTo }) => ({
    source,
    table,
    file,
    column,
    after: plainValue(after),
    up_to: plainValue(upTo),
  }));
}

/** An integer that a JSON number cannot hold exactly is its digits. */
function plainValue(value: CursorValue | null): string | number | null {
  if (value === null) return null;
  const native = nativeCursor(value);
  if (typeof native !== 'bigint') return native;
  return Number.isSafeInteger(Number(native)) ? Number(native) : value.text;
}
