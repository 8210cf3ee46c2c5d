import type { StagedTable } from '@millrace/shared/core/plan';

import { isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';

/**
 * The fields that somebody knows of in an object. What leads on to known fields inside has a level of its own; null where
 * a field is taken, or known, as a whole.
 */
export interface KnownFields {
  readonly fields: ReadonlyMap<string, KnownFields | null>;
}

type Steps = readonly (string | number)[];
interface Level extends KnownFields {
  readonly fields: Map<string, Level | null>;
}

/**
 * What rows of a table may have without being new: its own columns, what it ignores, and what other tables of its source
 * take from the same objects, their arrays included.
 * @param tables of the source, which are filled from the same records
 */
export function knownFields(table: StagedTable, tables: readonly StagedTable[]): KnownFields {
  const root: Level = { fields: new Map() };
  const place = JSON.stringify(table.each);
  for (const other of tables) {
    const isSame = JSON.stringify(other.each) === place;
    if (isSame) for (const steps of other.contract?.ignored ?? []) addPath(root, steps);
    if (table.each === null && other.each !== null) addPath(root, other.each);
    const from = isSame ? 'record' : table.each === null ? 'parent' : null;
    for (const { path } of other.columns) if (path.from === from) addPath(root, path.steps);
  }
  return root;
}

/** Elements of arrays have no fields of their own here: an array is known as a whole. */
function addPath(root: Level, steps: Steps): void {
  let level = root;
  for (const [index, step] of steps.entries()) {
    const key = String(step);
    const isLast = index === steps.length - 1 || typeof steps[index + 1] === 'number';
    const inner = level.fields.get(key);
    if (isLast) level.fields.set(key, null);
    if (isLast || inner === null) return;
    const next = inner ?? { fields: new Map() };
    level.fields.set(key, next);
    level = next;
  }
}

/** Calls `visit` for each value, null apart, of an object that stands in a field that nobody knows. */
export function visitNewFields(
  object: Readonly<Record<string, SourceValue>>,
  known: KnownFields,
  visit: (steps: readonly string[], value: SourceValue) => void,
  parent: readonly string[] = [],
): void {
  for (const key in object) {
    const value = object[key] ?? null;
    if (value === null) continue;
    const inner = known.fields.get(key);
    if (inner === undefined) visit([...parent, key], value);
    else if (inner !== null && isSourceObject(value)) visitNewFields(value, inner, visit, [...parent, key]);
  }
}
