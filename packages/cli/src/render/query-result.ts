import type { QueryResult, QueryValue } from '@millrace/shared/ports/destination-reader';

import { escapeControls } from './escape.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Rows of a query as a table; columns in which every value is a number stand right. */
export function renderQueryResult(
  { columns, rows }: Pick<QueryResult, 'columns' | 'rows'>,
  options: { width: number; style: Style },
): string[] {
  const cells = rows.map((row) => row.map(cellText));
  const headers = columns.map(({ name }, index) => ({
    header: escapeControls(name),
    align:
      rows.length > 0 && rows.every((row) => isNumeric(row[index])) ? ('right' as const) : ('left' as const),
  }));
  return renderTable(headers, cells, options);
}

function isNumeric(value: QueryValue | undefined): boolean {
  return value === null || typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value));
}

function cellText(value: QueryValue): string {
  if (value === null) return '';
  return escapeControls(value instanceof Uint8Array ? hex(value) : String(value));
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
