import { readContent } from './json/record-content.ts';
import { parseExactDecimal } from './judge/exact-decimal.ts';
import { newJsonObject } from './json/json-object.ts';
import { isSourceObject } from './judge/read-path.ts';
import type { RecordContent } from './source-record.ts';
import { ExactNumber, type SourceValue } from './source-value.ts';

/** Sources whose rows have no text of their own. */
export type RowSource = 'sqlite' | 'parquet';

/**
 * A row as JSON text, from which `readRowJson` makes the same row. What JSON cannot hold is an object of one key:
 * `{"$bytes": "00ff"}`, `{"$number": "Infinity"}`; other keys that begin with `$` get a second one in front.
 */
export function rowJson(names: readonly string[], values: ArrayLike<SourceValue>, source: RowSource): string {
  const fields = names.map((name, index) => field(name, values[index] ?? null, source));
  return `{${fields.join(',')}}`;
}

function field(key: string, value: SourceValue, source: RowSource): string {
  return `${JSON.stringify(key)}:${valueText(value, source)}`;
}

function valueText(value: SourceValue, source: RowSource): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? doubleText(value, source) : `{"$number":"${value}"}`;
  if (value === null || typeof value !== 'object') return String(value);
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString('hex')}"}`;
  if (Array.isArray(value)) return `[${value.map((item: SourceValue) => valueText(item, source)).join(',')}]`;
  const entries = Object.entries(value as Readonly<Record<string, SourceValue>>);
  return `{${entries.map(([key, item]) => field(key.startsWith('$') ? `$${key}` : key, item, source)).join(',')}}`;
}

/**
 * SQLite tells the REAL 5.0 from the INTEGER 5. In Parquet they mean the same, but the digits that are printed of a
 * large double are not all its own, and an integer of such digits would be another number: so it has an exponent.
 */
function doubleText(value: number, source: RowSource): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  if (!/^-?\d+$/.test(text)) return text;
  if (source === 'sqlite') return `${text}.0`;
  return Number.isSafeInteger(value) ? text : value.toExponential();
}

/** Reads a row that `rowJson` wrote, and that a person may have edited since. */
export function readRowJson(bytes: Buffer, source: RowSource): RecordContent {
  const content = readContent(bytes, false, false);
  return content.ok ? { ok: true, value: readFields(content.value, source) } : content;
}

/** The names of columns stand as they are: only what they hold may have been put in another form. */
function readFields(value: SourceValue, source: RowSource): SourceValue {
  if (!isSourceObject(value)) return value;
  const row = newJsonObject();
  for (const [name, cell] of Object.entries(value)) row[name] = readCell(cell, source);
  return row;
}

function readCell(value: SourceValue, source: RowSource): SourceValue {
  if (typeof value === 'number')
    return source === 'sqlite' && Number.isInteger(value) ? BigInt(value) : value;
  if (value instanceof ExactNumber) return readNumber(value, source);
  if (Array.isArray(value)) return value.map((item: SourceValue) => readCell(item, source));
  if (!isSourceObject(value)) return value;
  const entries = Object.entries(value);
  const foreign = entries.length === 1 ? readForeign(entries[0] ?? ['', null]) : null;
  if (foreign !== null) return foreign;
  const object = newJsonObject();
  for (const [key, item] of entries) object[key.replace(/^\$\$/, '$')] = readCell(item, source);
  return object;
}

/** A double if it is one to the last digit; else it stays text, for the judge to refuse where it does not fit. */
function readNumber(value: ExactNumber, source: RowSource): SourceValue {
  const { text } = value;
  if (source === 'sqlite' && /^-?\d+$/.test(text)) return BigInt(text);
  if (source === 'parquet' && text !== '-0' && !/e/i.test(text)) return value;
  const double = Number(text);
  return isSameNumber(text, String(double)) ? double : value;
}

function isSameNumber(one: string, other: string): boolean {
  const [left, right] = [parseExactDecimal(one), parseExactDecimal(other)];
  if (left === null || right === null || left.digits !== right.digits) return false;
  return left.digits === '' || (left.negative === right.negative && left.exponent === right.exponent);
}

function readForeign([key, value]: readonly [string, SourceValue]): SourceValue | null {
  if (typeof value !== 'string') return null;
  if (key === '$bytes' && /^(?:[\da-f]{2})*$/i.test(value)) return new Uint8Array(Buffer.from(value, 'hex'));
  return key === '$number' && /^(?:NaN|-?Infinity)$/.test(value) ? Number(value) : null;
}
