import type { SourceValue } from '../source-value.ts';

/**
 * An object of a source. It inherits from an object that is empty for good, so `__proto__`, `constructor` and their
 * like are keys as any other, and absent when they are absent. `Object.create(null)` means the same but makes V8
 * keep every object as a hash table, which reads and writes several times slower.
 */
export type JsonObject = Record<string, SourceValue>;

/** Makes the maker of objects that are alike. */
export function objectMaker(): () => JsonObject {
  const EmptyObject = function () {} as unknown as new () => JsonObject;
  EmptyObject.prototype = Object.freeze(Object.create(null) as object);
  return () => new EmptyObject();
}

export const newJsonObject = objectMaker();

const ORDER = Symbol('order of the keys');

/**
 * Keeps in what order the keys of an object stood, where the object cannot: JavaScript puts keys that are whole
 * numbers before all others.
 */
export function setKeyOrder(object: JsonObject, keys: readonly string[]): void {
  Object.defineProperty(object, ORDER, { value: keys });
}

/** The keys of an object in the order of its text. */
export function keysInOrder(object: Readonly<JsonObject>): readonly string[] {
  return (object as { readonly [ORDER]?: readonly string[] })[ORDER] ?? Object.keys(object);
}
