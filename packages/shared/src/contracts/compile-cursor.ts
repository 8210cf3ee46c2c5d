import type { CursorDeclaration } from '../core/cursor.ts';
import { parseLag } from '../core/cursor-lag.ts';
import type { Column } from '../core/pipeline.ts';
import { invalid, located, type Locate, type Path } from './locate.ts';
import type { TableFile } from './pipeline-file.ts';

/** `cursor` and `lag` of a table. Throws `pipeline_invalid` with file and line. */
export function compileCursor(
  { cursor, lag }: TableFile,
  columns: readonly Column[] | null,
  path: Path,
  locate: Locate,
): CursorDeclaration | null {
  if (cursor === undefined) {
    if (lag === undefined) return null;
    throw invalid(locate, [...path, 'lag'], {
      message: `'lag' says how far to read behind a cursor, but the table has none.`,
      hint: 'Name the column that grows with `cursor:`, or remove `lag:`.',
    });
  }
  return {
    column: cursor,
    lag: lag === undefined ? null : located(locate, [...path, 'lag'], () => parseLag(lag)),
    epoch: epochOf(cursor, columns),
  };
}

/** The format of the column that takes its values from the cursor. */
function epochOf(cursor: string, columns: readonly Column[] | null): CursorDeclaration['epoch'] {
  const declared = columns?.find(
    ({ path }) =>
      path.from === 'record' &&
      path.steps.length === 1 &&
      String(path.steps[0]).toLowerCase() === cursor.toLowerCase(),
  );
  const format = declared?.format;
  return format === 'epoch_s' || format === 'epoch_ms' ? format : null;
}
