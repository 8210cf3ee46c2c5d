import type { JsonObject } from './json/json-object.ts';
import type { SourceValue } from './source-value.ts';

/**
 * Makes objects with the given keys from values in the same order; as with `newJsonObject`, they inherit nothing.
 * Each maker has a constructor of its own: V8 lays out objects by what their constructor made before, and rows of
 * twenty columns took 2.5 times as long with one that had made small ones.
 */
export function rowMaker(names: readonly string[]): (values: ArrayLike<SourceValue>) => JsonObject {
  const Row = function () {} as unknown as new () => JsonObject;
  Row.prototype = Object.freeze(Object.create(null) as object);
  return (values) => {
    const row = new Row();
    for (let index = 0; index < names.length; index += 1) {
      row[names[index] as string] = values[index] as SourceValue;
    }
    return row;
  };
}
