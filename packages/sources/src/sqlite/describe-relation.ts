import { stat } from 'node:fs/promises';

import type { CursorRange } from '@millrace/shared/core/cursor';
import type { RowidRange } from '@millrace/shared/core/task';

import { rowMaker } from '../row-object.ts';
import type { SourceValue } from '../source-value.ts';
import type { CursorWish } from './cursor-wish.ts';
import { runThread } from './run-thread.ts';
import type { RelationChoice, SqliteColumn } from './sqlite-message.ts';

export interface RelationPlace extends RelationChoice {
  readonly path: string;
  /** For messages; by default the path. */
  readonly fileName?: string;
  /** Null or left out: all rows are to be read. */
  readonly cursor?: CursorWish | null;
  /** Whether an earlier process looked for damage in this very content. */
  readonly isChecked?: boolean;
  /** The table's ranges, where it was cut before and did not change. */
  readonly ranges?: readonly RowidRange[] | undefined;
  /** Ends it; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface RelationDescription {
  readonly columns: readonly SqliteColumn[];
  /** Ranges of rowids that hold all rows between them; none for what has no rowids to be cut by, or no rows. */
  readonly ranges: readonly RowidRange[];
  /** Which rows are to be read, where a cursor was wished for. */
  readonly cursor: CursorRange | null;
  /** Some rows from all over the table, as objects. */
  readonly samples: readonly SourceValue[];
}

/** Files that were checked for damage by this process, with the version that was looked at. */
const checkedFiles = new Map<string, string>();

/**
 * What planning needs to know of a table, view or query. The first call for a file also looks for damage in the
 * whole of it, which takes about as long as reading it.
 */
export async function describeRelation(place: RelationPlace): Promise<RelationDescription> {
  const { path, relation, query, cursor: wish = null } = place;
  const fileName = place.fileName ?? path;
  const version = await fileVersion(path);
  const isChecked = place.isChecked === true || (version !== null && checkedFiles.get(path) === version);
  const checkFile = !isChecked;
  let description: RelationDescription | null = null;
  const ranges = place.ranges ?? null;
  const task = {
    kind: 'describe',
    path,
    fileName,
    relation,
    query,
    checkFile,
    ranges,
    cursor: wish,
  } as const;
  for await (const message of runThread(task, place.signal)) {
    if (message.kind !== 'description') continue;
    const { columns, ranges, cursor, samples } = message.description;
    const makeRow = rowMaker(columns.map((column) => column.name));
    description = { columns, ranges, cursor, samples: samples.map(makeRow) };
  }
  if (description === null) throw new Error('The thread described nothing.');
  if (version !== null) checkedFiles.set(path, version);
  return description;
}

/** Names of the tables and views of a database, in alphabetical order. */
export async function listRelations(path: string, fileName: string = path): Promise<readonly string[]> {
  let names: readonly string[] = [];
  for await (const message of runThread({ kind: 'list', path, fileName })) {
    if (message.kind === 'relations') names = message.names;
  }
  return names;
}

/** Null when the file cannot be looked at: opening it says why. */
async function fileVersion(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return null;
  }
}
