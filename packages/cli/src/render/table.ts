import type { Style } from './style.ts';
import { displayWidth, pad, truncate } from './width.ts';

export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
}

/** A column never becomes narrower than this: a shorter rest of a value says nothing. */
const LEAST_WIDTH = 6;
const GAP = '  ';

/**
 * Lines of a table: a header and aligned rows. Too wide for `width`, its widest columns are cut.
 * @param rows cells already safe to print and without colours
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: { width: number; style: Style },
): string[] {
  const natural = columns.map(({ header }, index) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(header)),
  );
  const widths = fitWidths(natural, options.width - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) =>
        pad(truncate(cells[index] ?? '', widths[index] ?? 0), widths[index] ?? 0, align),
      )
      .join(GAP)
      .trimEnd();
  const header = options.style('dim', line(columns.map((column) => column.header)));
  return [header, ...rows.map(line)];
}

/** Caps the widest columns at one width, so that all fit; never under LEAST_WIDTH. */
export function fitWidths(natural: readonly number[], available: number): number[] {
  const capped = (cap: number): number[] => natural.map((width) => Math.min(width, cap));
  let cap = Math.max(...natural, LEAST_WIDTH);
  while (cap > LEAST_WIDTH && capped(cap).reduce((sum, width) => sum + width, 0) > available) cap -= 1;
  return capped(cap);
}
