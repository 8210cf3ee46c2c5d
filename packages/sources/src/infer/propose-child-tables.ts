import { isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';

/** A nested array whose elements are objects: it could be a table of its own. */
export interface ChildTable {
  /** Keys that lead from a record to the array. */
  readonly each: readonly string[];
  /** Elements of the sampled records, for `inferColumns`. */
  readonly samples: readonly SourceValue[];
}

/** Looks for arrays of objects in records, at their top and one level below. */
export function proposeChildTables(samples: Iterable<SourceValue>): ChildTable[] {
  const found = new Map<string, { each: readonly string[]; samples: SourceValue[]; fits: boolean }>();
  for (const sample of samples) {
    for (const { each, elements } of arraysIn(sample)) {
      const id = JSON.stringify(each);
      const known = found.get(id) ?? { each, samples: [], fits: true };
      for (const element of elements) known.samples.push(element);
      known.fits &&= elements.every(isSourceObject);
      found.set(id, known);
    }
  }
  return [...found.values()].filter((child) => child.fits && child.samples.length > 0);
}

function* arraysIn(
  sample: SourceValue,
  path: readonly string[] = [],
): Iterable<{ each: readonly string[]; elements: readonly SourceValue[] }> {
  if (!isSourceObject(sample)) return;
  for (const [key, value] of Object.entries(sample)) {
    const each = [...path, key];
    if (Array.isArray(value)) yield { each, elements: value as readonly SourceValue[] };
    else if (path.length === 0) yield* arraysIn(value, each);
  }
}
