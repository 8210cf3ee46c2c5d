import { isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';

/** A nested array whose elements are objects: it could be a table of its own. */
export interface ChildTable {
  /** Keys that lead from a record to the array. */
  readonly each: readonly string[];
  /** Elements of the sampled records that are objects. */
  readonly samples: readonly SourceValue[];
  /** Sampled records with something else there, which will be rejected. */
  readonly misfits: number;
}

/** Of the records that have a value there. More misfits, and it stays a column of json, which takes everything. */
const MISFIT_SHARE = 0.01;

interface Found {
  readonly each: readonly string[];
  readonly samples: SourceValue[];
  fits: number;
  misfits: number;
}

/** Looks for arrays of objects in records, at their top and one level below. */
export function proposeChildTables(samples: Iterable<SourceValue>): ChildTable[] {
  const found = new Map<string, Found>();
  for (const sample of samples) for (const { each, value } of valuesIn(sample)) note(found, each, value);
  return [...found.values()].filter(
    (child) => child.samples.length > 0 && child.misfits <= (child.fits + child.misfits) * MISFIT_SHARE,
  );
}

function note(found: Map<string, Found>, each: readonly string[], value: SourceValue): void {
  const id = JSON.stringify(each);
  const known = found.get(id) ?? { each, samples: [], fits: 0, misfits: 0 };
  const elements = Array.isArray(value) ? (value as readonly SourceValue[]) : null;
  if (elements !== null && elements.every(isSourceObject)) {
    known.fits += 1;
    for (const element of elements) known.samples.push(element);
  } else {
    known.misfits += 1;
  }
  found.set(id, known);
}

function* valuesIn(
  sample: SourceValue,
  path: readonly string[] = [],
): Iterable<{ each: readonly string[]; value: SourceValue }> {
  if (!isSourceObject(sample)) return;
  for (const key in sample) {
    const value = sample[key] ?? null;
    if (value === null) continue;
    const each = [...path, key];
    yield { each, value };
    if (path.length === 0) yield* valuesIn(value, each);
  }
}
