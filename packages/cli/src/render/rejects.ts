import type { Reject } from '@millrace/shared/core/reject';

import { escapeControls } from './escape.ts';
import { formatCount } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { truncate } from './width.ts';

/** Where output is not a terminal, a raw record of 16 MiB must not fill the log. */
const RAW_WIDTH = 300;

interface Options {
  readonly width: number;
  readonly style: Style;
}

export function renderReasons(byReason: ReadonlyMap<string, number>, options: Options): string[] {
  return renderTable(
    [{ header: 'reason' }, { header: 'records', align: 'right' }],
    [...byReason].map(([reason, count]) => [reason, formatCount(count)]),
    options,
  );
}

/** Each reject with its place, what was wrong with which field, and the record itself, shortened. */
export function renderRejects(rejects: readonly Reject[], options: Options): string[] {
  const { style } = options;
  const lines: string[] = [];
  let reason: string | null = null;
  for (const reject of rejects) {
    if (reject.reason !== reason) {
      reason = reject.reason;
      lines.push('', style('strong', reason));
    }
    lines.push(...renderReject(reject, options));
  }
  return lines;
}

function renderReject(reject: Reject, { width, style }: Options): string[] {
  const rawWidth = Math.min(width - 4, RAW_WIDTH);
  // Cutting bytes first: decoding 16 MiB to show a line of it would be waste.
  const raw = new TextDecoder().decode(reject.raw.subarray(0, rawWidth * 4));
  return [
    `  ${style('accent', escapeControls(place(reject)))}`,
    ...explain(reject).map((line) => `    ${escapeControls(line)}`),
    `    ${style('dim', truncate(escapeControls(raw), rawWidth))}`,
  ];
}

/** `data/orders.json:12` can be opened by editors; the rest finds the record by other means. */
function place({ file, line, recordNumber, byteOffset, source }: Reject): string {
  const offset = byteOffset === null ? '' : `, byte ${formatCount(byteOffset)}`;
  return `${file}${line === null ? '' : `:${line}`}  (${source}, record ${formatCount(recordNumber)}${offset})`;
}

function explain({ message, faults }: Reject): string[] {
  if (faults.length === 0) return [message];
  return faults.map(({ table, column, value, expected }) => {
    const found = value === null ? 'nothing there' : `found ${value}`;
    return `${table}.${column}: ${found}; expected ${expected}`;
  });
}
