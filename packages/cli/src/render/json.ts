/** Control characters that JSON leaves as they are, and the marks that reorder text: see `escapeControls`. */
const UNSAFE = /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A value as JSON in ASCII escapes where it could steer a terminal: the same JSON to every reader. Integers beyond 2^53 are
 * strings: a reader with doubles would round them without a word.
 * @param indent spaces per level; 0 makes one line
 */
export function renderJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, jsonValue, indent);
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
