/**
 * What a JSON text means, found in another way than the product finds it: the engine's own UTF-8 decoder and
 * JSON.parse decide about the grammar, then a regular expression goes over the text for what those two let pass.
 */

import { TextDecoder } from 'node:util';

/** @typedef {import('./json-values.ts').NumberText} NumberText */
/** @typedef {import('./json-values.ts').OracleObject} OracleObject */
/** @typedef {import('./json-values.ts').OracleValue} OracleValue */
/**
 * @typedef {{ ok: true, value: OracleValue }
 *   | { ok: false, reasons: readonly string[], cut: boolean }} OracleVerdict
 *   `reasons`: one of them has to be given; `cut`: the text ends before the value does
 */

const MAX_DEPTH = 256;
const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\]|\\[^])*")|(-?\d[\d.eE+-]*)|(true|false|null))/y;
const LONE_SURROGATE = /[\ud800-\udfff]/u;
/** @type {Readonly<Record<string, boolean | null>>} */
const WORDS = { true: true, false: false, null: null };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param {Uint8Array} bytes
 * @returns {OracleVerdict}
 */
export function judgeText(bytes) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { ok: false, reasons: ['invalid_utf8'], cut: false };
  }
  try {
    JSON.parse(text);
  } catch (error) {
    return { ok: false, reasons: ['json_syntax', ...suspicions(text)], cut: isCut(error, text) };
  }
  return readTokens(text);
}

/**
 * A text that is no JSON may have another fault before the place where its grammar breaks.
 * @param {string} text
 */
function suspicions(text) {
  const found = [];
  if ((text.match(/[{[]/g) ?? []).length > MAX_DEPTH) found.push('depth_exceeded');
  if (/\\u[dD][89a-fA-F]/.test(text)) found.push('invalid_unicode');
  if ((text.match(/"/g) ?? []).length >= 4 && text.includes(':')) found.push('duplicate_key');
  return found;
}

/**
 * @param {unknown} error
 * @param {string} text
 */
function isCut(error, text) {
  const message = String(error);
  const position = /at position (\d+)/.exec(message)?.[1];
  return /Unexpected end of JSON/.test(message) || Number(position) === text.length;
}

/** @param {string} text which JSON.parse has taken */
function readTokens(text) {
  const building = new Building();
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    const [, mark, string, number, word] = token;
    if (mark !== undefined) building.mark(mark);
    else if (string !== undefined) building.string(/** @type {string} */ (JSON.parse(string)));
    else if (number !== undefined) building.value({ number });
    else building.value(WORDS[/** @type {string} */ (word)] ?? null);
    if (building.fault !== null) return refused(building.fault);
  }
  return /** @type {const} */ ({ ok: true, value: /** @type {OracleValue} */ (building.top[0]) });
}

/** @param {string} reason @returns {OracleVerdict} */
function refused(reason) {
  return { ok: false, reasons: [reason], cut: false };
}

/** A value as it grows token by token; no recursion, so the depth of the text does not matter. */
class Building {
  /** @type {string | null} */
  fault = null;
  /** @type {OracleValue[]} */
  top = [];
  /** @type {{ array: OracleValue[] | null, object: OracleObject | null, keys: Set<string>, key: string | null }[]} */
  open = [];

  /** @param {string} mark */
  mark(mark) {
    if (mark === '{' || mark === '[') {
      if (this.open.length === MAX_DEPTH) this.fault = 'depth_exceeded';
      const array = mark === '[' ? /** @type {OracleValue[]} */ ([]) : null;
      const object = mark === '{' ? { members: [] } : null;
      this.value(array ?? /** @type {OracleObject} */ (object));
      this.open.push({ array, object, keys: new Set(), key: null });
    } else if (mark === '}' || mark === ']') this.open.pop();
  }

  /** @param {string} string */
  string(string) {
    if (LONE_SURROGATE.test(string)) this.fault = 'invalid_unicode';
    const inner = this.open.at(-1);
    if (inner === undefined || inner.object === null || inner.key !== null) {
      this.value(string);
      return;
    }
    if (inner.keys.has(string)) this.fault ??= 'duplicate_key';
    inner.keys.add(string);
    inner.key = string;
  }

  /** @param {OracleValue} value */
  value(value) {
    const inner = this.open.at(-1);
    if (inner === undefined) this.top.push(value);
    else if (inner.array !== null) inner.array.push(value);
    else {
      inner.object?.members.push([/** @type {string} */ (inner.key), value]);
      inner.key = null;
    }
  }
}

/** @param {OracleValue} value @returns {value is NumberText} */
export function isNumberText(value) {
  return typeof value === 'object' && value !== null && 'number' in value;
}

/** @param {OracleValue} value @returns {value is OracleObject} */
export function isOracleObject(value) {
  return typeof value === 'object' && value !== null && 'members' in value;
}
