import type { QueryResult, QueryValue } from '@millrace/shared/ports/destination-reader';

import { escapeControls } from './escape.ts';
import { plural } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { displayWidth, pad, truncate } from './width.ts';

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** A value of a table is cut at this width before the table gives up being one. */
const CELL_WIDTH = 32;
const GAP = 2;

interface Options {
  readonly width: number;
  readonly style: Style;
}

type Rows = Pick<QueryResult, 'columns' | 'rows'>;

/**
 * Rows of a query as a table, numbers at the right; with more columns than fit side by side, each row as a block
 * of `column  value` lines.
 */
export function renderQueryResult(result: Rows, options: Options): string[] {
  if (countFitting(result, options.width) < result.columns.length) return renderBlocks(result, options);
  const headers = result.columns.map(({ name }, index) => ({
    header: escapeControls(name),
    align: isNumericColumn(result, index) ? ('right' as const) : ('left' as const),
  }));
  return renderTable(
    headers,
    result.rows.map((row) => row.map((value, index) => cellText(value, result.columns[index]?.type))),
    options,
  );
}

/** As many of the first columns as fit side by side, to give an impression of wide tables. */
export function renderFirstColumns({ columns, rows }: Rows, options: Options): string[] {
  const count = Math.max(1, countFitting({ columns, rows }, options.width));
  const lines = renderQueryResult(
    { columns: columns.slice(0, count), rows: rows.map((row) => row.slice(0, count)) },
    options,
  );
  const hidden = columns.length - count;
  return hidden === 0 ? lines : [...lines, options.style('dim', `and ${plural(hidden, 'more column')}`)];
}

function countFitting({ columns, rows }: Rows, width: number): number {
  let used = -GAP;
  const overflow = columns.findIndex(({ name, type }, index) => {
    const widest = Math.max(
      displayWidth(name),
      ...rows.map((row) => displayWidth(cellText(row[index] ?? null, type))),
    );
    used += Math.min(CELL_WIDTH, widest) + GAP;
    return used > width;
  });
  return overflow === -1 ? columns.length : overflow;
}

function renderBlocks({ columns, rows }: Rows, { width, style }: Options): string[] {
  const names = columns.map(({ name }) => escapeControls(name));
  const widest = Math.max(...names.map(displayWidth));
  return rows.flatMap((row, number) => [
    style('dim', `row ${number + 1}`),
    ...names.map((name, index) => {
      const value = truncate(cellText(row[index] ?? null, columns[index]?.type), width - widest - GAP * 2);
      return `  ${style('dim', pad(name, widest))}  ${value}`.trimEnd();
    }),
  ]);
}

function isNumericColumn({ rows }: Rows, index: number): boolean {
  return rows.length > 0 && rows.every((row) => isNumeric(row[index]));
}

function isNumeric(value: QueryValue | undefined): boolean {
  return value === null || typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value));
}

function cellText(value: QueryValue, type: string | null | undefined): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'bigint') return numberText(value, type);
  return escapeControls(value instanceof Uint8Array ? hex(value) : String(value));
}

/** SQLite keeps a DECIMAL(18,2) of 30883.10 as 30883.1: people get the zeros back. Nothing is rounded. */
function numberText(value: number | bigint, type: string | null | undefined): string {
  const scale = Number(/^DECIMAL\(\d+, *(\d+)\)$/i.exec(type ?? '')?.[1] ?? 0);
  if (scale === 0) return String(value);
  const text = typeof value === 'bigint' ? `${value}.${'0'.repeat(scale)}` : value.toFixed(scale);
  return NUMBER.test(text) && !text.includes('e') && Number(text) === Number(value) ? text : String(value);
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** RFC 4180, with a header. Values are as they are: this is for programs, not for spreadsheets. */
export function csvLines({ columns, rows }: Pick<QueryResult, 'columns' | 'rows'>): string[] {
  const line = (values: readonly QueryValue[]): string => values.map(csvField).join(',');
  return [line(columns.map(({ name }) => name)), ...rows.map(line)];
}

function csvField(value: QueryValue): string {
  if (value === null) return '';
  const text = value instanceof Uint8Array ? hex(value) : String(value);
  // An empty text is quoted, so that it can be told from null.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
