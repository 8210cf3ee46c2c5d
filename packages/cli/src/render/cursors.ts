import type { CursorReport } from '@millrace/shared/core/report/cursor-report';
import { escapeControls } from './escape.ts';
import type { Style } from './style.ts';

/** What a run reads of tables that have a cursor, a line for each file. */
export function renderCursors(
  cursors: readonly CursorReport[],
  { style }: { readonly style: Style },
): string[] {
  if (cursors.length === 0) return [];
  const lines = cursors.map(
    (cursor) =>
      `  ${escapeControls(`${cursor.table} of ${cursor.file} by ${cursor.column}: ${describeRows(cursor)}`)}`,
  );
  return ['', style('strong', 'cursors'), ...lines];
}

function describeRows({ after, up_to }: CursorReport): string {
  if (up_to === null) return 'no rows yet';
  if (after === null) return `all rows up to ${up_to}`;
  return `watermark ${after}, ${after === up_to ? 'and nothing beyond it' : `rows up to ${up_to}`}`;
}
