import { isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';

/** A field found in sampled records: where it is, and its values there. */
export interface Field {
  readonly steps: readonly string[];
  /** Without nulls. */
  readonly values: readonly SourceValue[];
  readonly nulls: number;
  /** Values beside the objects that hold this field: records with one of them cannot have the column. */
  readonly besideObjects: number;
}

/** An object with more keys is a map, whose keys are data. */
const MAX_INNER_COLUMNS = 200;

/**
 * The fields of records, in the order in which keys were first seen. A field whose values are objects stands for its
 * inner fields, one level only: what is nested deeper is rarely a column, and stays reachable as json.
 * @param objectShare of the values that must be objects for that; with 1, no record is refused for another value
 */
export function collectFields(samples: Iterable<SourceValue>, objectShare: number): Field[] {
  return [...fieldsOf(samples, [], 0).values()].flatMap((field) => flatten(field, objectShare));
}

function fieldsOf(
  samples: Iterable<SourceValue>,
  parent: readonly string[],
  besideObjects: number,
): Map<string, Field> {
  const fields = new Map<
    string,
    { steps: string[]; values: SourceValue[]; nulls: number; besideObjects: number }
  >();
  for (const sample of samples) {
    if (!isSourceObject(sample)) continue;
    for (const key in sample) {
      let field = fields.get(key);
      if (field === undefined) {
        field = { steps: [...parent, key], values: [], nulls: 0, besideObjects };
        fields.set(key, field);
      }
      const value = sample[key] ?? null;
      if (value === null) field.nulls += 1;
      else field.values.push(value);
    }
  }
  return fields;
}

function flatten(field: Field, objectShare: number): Field[] {
  const { steps, values } = field;
  const objects = values.filter(isSourceObject);
  if (objects.length === 0 || objects.length < values.length * objectShare) return [field];
  const inner = [...fieldsOf(objects, steps, values.length - objects.length).values()];
  return inner.length === 0 || inner.length > MAX_INNER_COLUMNS ? [field] : inner;
}
