import type { QueryResult, QueryValue } from '@millrace/shared/ports/destination-reader';

import type { Cell, TableDetail } from '../api/table.ts';

const MAX_TEXT = 1000;

export function describeRows({ columns, rows, truncated }: QueryResult): TableDetail['preview'] {
  return { columns, rows: rows.map((row) => row.map(cellOf)), truncated };
}

function cellOf(value: QueryValue): Cell {
  if (value instanceof Uint8Array)
    return cutText(`0x${Buffer.from(value.subarray(0, MAX_TEXT)).toString('hex')}`);
  if (typeof value === 'bigint') return value.toString();
  // JSON has no word for these.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return typeof value === 'string' ? cutText(value) : value;
}

export function cutText(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, '')}…`;
}
