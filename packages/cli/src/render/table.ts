import type { Style } from './style.ts';
import { displayWidth, pad, truncate } from './width.ts';

export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** When there is no room: `whole` values (ids, names) are never cut, `spare` columns are left out, others are cut. */
  readonly squeeze?: 'whole' | 'spare';
}

/** A column never becomes narrower than this: a shorter rest of a value says nothing. */
const LEAST_WIDTH = 6;
const GAP = '  ';

/**
 * Lines of a table: a header and aligned rows. Too wide for `width`, spare columns go, then the widest are cut.
 * @param rows cells already safe to print and without colours
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: { width: number; style: Style },
): string[] {
  const spare = columns.findLastIndex(({ squeeze }) => squeeze === 'spare');
  if (spare !== -1 && naturalWidth(columns, rows) > options.width) {
    return renderTable(
      columns.toSpliced(spare, 1),
      rows.map((row) => row.toSpliced(spare, 1)),
      options,
    );
  }
  const natural = naturalWidths(columns, rows);
  const room = options.width - GAP.length * (columns.length - 1);
  const isWhole = (index: number): boolean => columns[index]?.squeeze === 'whole';
  const taken = natural.reduce((total, width, index) => total + (isWhole(index) ? width : 0), 0);
  const fitted = fitWidths(
    natural.filter((_width, index) => !isWhole(index)),
    room - taken,
  );
  const widths = natural.map((width, index) => (isWhole(index) ? width : (fitted.shift() ?? 0)));
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

function naturalWidths(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ header }, index) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(header)),
  );
}

function naturalWidth(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): number {
  const gaps = GAP.length * (columns.length - 1);
  return naturalWidths(columns, rows).reduce((total, width) => total + width, gaps);
}

/** Caps the widest columns at one width, so that all fit; never under LEAST_WIDTH. */
export function fitWidths(natural: readonly number[], available: number): number[] {
  const capped = (cap: number): number[] => natural.map((width) => Math.min(width, cap));
  let cap = Math.max(...natural, LEAST_WIDTH);
  while (cap > LEAST_WIDTH && capped(cap).reduce((sum, width) => sum + width, 0) > available) cap -= 1;
  return capped(cap);
}
