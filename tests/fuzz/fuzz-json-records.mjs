import { TextDecoder } from 'node:util';
import { compileJudge } from '@millrace/sources/judge/judge';
import { readContent } from '@millrace/sources/json/record-content';
import { ExactNumber } from '@millrace/sources/source-value';

import { seededDraw } from './draw.mjs';
import { isNumberText, isOracleObject, judgeText } from './json-oracle.mjs';
import { compareFiles, rowText } from './json-files.mjs';
import { mutate, replaceValue } from './mutate.mjs';
import { ORDER_TABLES, randomOrder } from './orders-like.mjs';
import { LaneReader } from './read-by-lane.mjs';
import { judgeByReference } from './reference-judge.mjs';

/** @typedef {import('./json-values.ts').OracleValue} OracleValue */
/** @typedef {import('./json-oracle.mjs').OracleVerdict} OracleVerdict */
/** @typedef {import('@millrace/sources/source-value').SourceValue} SourceValue */
/**
 * @typedef {object} FuzzResult
 * @property {number} records
 * @property {number} read records that are JSON
 * @property {number} accepted records that fit the tables as well
 * @property {number} byLane records that a fast lane has taken, in any of the files they were put into
 * @property {string[]} disagreements each with all that is needed to see it again
 */

/** Records that are damaged in one stretch stem from so many sound ones. */
const POOL_SIZE = 200;
const RECORDS_PER_POOL = 10_000;
/** Scanned together, as lines and as an array. */
const RECORDS_PER_FILE = 50;
const MAX_DISAGREEMENTS = 20;

const judge = compileJudge(ORDER_TABLES, 'json');

/**
 * Damages records and compares what the product makes of each with what the oracle says: its text, its value with every
 * digit, its rows, and where it begins and ends among others.
 * @param {{ records: number, seed: number, from?: number }} wish `from`: the first record, a multiple of 10 000, to see a stretch again
 * @returns {Promise<FuzzResult>}
 */
export async function fuzzJsonRecords({ records, seed, from = 0 }) {
  /** @type {FuzzResult} */
  const result = { records: 0, read: 0, accepted: 0, byLane: 0, disagreements: [] };
  let lane = new LaneReader(ORDER_TABLES, 'json', null);
  /** @type {Buffer[]} */
  let file = [];
  for (let index = from; index < from + records; index += 1) {
    const { bytes, last } = damagedRecord(seed, index);
    const told = compareRecord(bytes, last, result);
    if (told !== null)
      result.disagreements.push(`record ${index} of seed ${seed}: ${told}\n  ${show(bytes)}`);
    file.push(bytes);
    if (file.length === RECORDS_PER_FILE) {
      const told = await compareFiles(file, seededDraw(seed ^ index), lane, result);
      if (told !== null) result.disagreements.push(`records up to ${index} of seed ${seed}: ${told}`);
      file = [];
      // A lane remembers keys: with another one for each stretch, a stretch can be seen again without those before.
      if ((index + 1) % RECORDS_PER_POOL === 0) lane = new LaneReader(ORDER_TABLES, 'json', null);
    }
    result.records += 1;
    if (result.disagreements.length >= MAX_DISAGREEMENTS) break;
  }
  return result;
}

/** @type {{ name: string, records: Buffer[] }} */
let pool = { name: '', records: [] };

/**
 * The same bytes for the same seed and index.
 * @param {number} seed
 * @param {number} index
 */
function damagedRecord(seed, index) {
  const part = Math.floor(index / RECORDS_PER_POOL);
  const name = `${seed}.${part}`;
  if (pool.name !== name) {
    const draw = seededDraw(Math.imul(seed + 1, 0x9e3779b1) + part);
    pool = { name, records: Array.from({ length: POOL_SIZE }, () => randomOrder(draw)) };
  }
  const draw = seededDraw(Math.imul(seed + 1, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35));
  const sound = draw.pick(pool.records);
  return { bytes: damage(draw, sound), last: draw.chance(50) };
}

/** @param {import('./draw.mjs').Draw} draw @param {Buffer} sound */
function damage(draw, sound) {
  switch (draw.int(0, 4)) {
    case 0:
      return sound;
    case 1:
      return replaceValue(draw, sound);
    case 2:
      return replaceValue(draw, replaceValue(draw, sound));
    default:
      return mutate(draw, sound, draw.pick([1, 1, 2, 4]));
  }
}

/**
 * @param {Buffer} bytes
 * @param {boolean} last whether the file ends behind the record
 * @param {FuzzResult} result is counted in
 * @returns {string | null} what differs
 */
function compareRecord(bytes, last, result) {
  const content = readContent(bytes, false, last);
  const oracle = judgeText(bytes);
  if (!oracle.ok) {
    if (content.ok) return `is taken, but should be refused for ${oracle.reasons.join(' or ')}`;
    const reasons = last ? reasonsAtEnd(oracle, bytes) : oracle.reasons;
    return reasons.includes(content.reason)
      ? null
      : `is refused for ${content.reason} instead of ${reasons.join(' or ')}: ${content.message}`;
  }
  if (!content.ok) return `is refused for ${content.reason} (${content.message}), but is JSON`;
  result.read += 1;
  const place = difference(content.value, oracle.value, '$');
  if (place !== null) return `has another value at ${place}`;
  return compareJudgement(content.value, oracle.value, result);
}

/** @param {Extract<OracleVerdict, { ok: false }>} oracle @param {Buffer} bytes */
function reasonsAtEnd({ reasons, cut }, bytes) {
  if (!reasons.includes('invalid_utf8')) return cut ? ['truncated_record', ...reasons.slice(1)] : reasons;
  try {
    // A decoder that may expect more bytes finds nothing wrong with half a character at the end.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return ['truncated_record'];
  } catch {
    return reasons;
  }
}

/**
 * @param {SourceValue} value
 * @param {OracleValue} expected
 * @param {string} place
 * @returns {string | null} where they differ
 */
function difference(value, expected, place) {
  if (isNumberText(expected)) {
    const text =
      value instanceof ExactNumber
        ? value.text
        : Object.is(value, -0)
          ? '-0'
          : typeof value === 'number'
            ? String(value)
            : '';
    return text === expected.number ? null : place;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(value) || value.length !== expected.length) return place;
    return firstOf(expected, (item, index) =>
      difference(/** @type {SourceValue} */ (value[index]), item, `${place}[${index}]`),
    );
  }
  if (!isOracleObject(expected)) return value === expected ? null : place;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return place;
  const object = /** @type {Record<string, SourceValue>} */ (value);
  if (Object.keys(object).length !== expected.members.length) return place;
  return firstOf(expected.members, ([key, inner]) =>
    Object.hasOwn(object, key)
      ? difference(/** @type {SourceValue} */ (object[key]), inner, `${place}.${key}`)
      : place,
  );
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T, index: number) => string | null} look
 */
function firstOf(items, look) {
  for (const [index, item] of items.entries()) {
    const found = look(item, index);
    if (found !== null) return found;
  }
  return null;
}

/** @param {SourceValue} value @param {OracleValue} oracle @param {FuzzResult} result */
function compareJudgement(value, oracle, result) {
  const verdict = judge.judge(value);
  const expected = judgeByReference(oracle, ORDER_TABLES, 'json');
  if (verdict.ok) result.accepted += 1;
  const made = verdict.ok
    ? { ok: true, rows: verdict.rows }
    : {
        ok: false,
        reason: verdict.reason,
        faults: verdict.faults.map((fault) => [fault.table, fault.column, fault.reason]),
      };
  const [left, right] = [made, expected].map(rowText);
  if (left === undefined || right === undefined || left === right) return null;
  const at = [...left].findIndex((character, index) => character !== right[index]);
  const from = Math.max(0, at - 60);
  return `is judged …${left.slice(from, from + 200)}… instead of …${right.slice(from, from + 200)}…`;
}

/** @param {Buffer} bytes */
function show(bytes) {
  return JSON.stringify(bytes.toString('latin1')).replaceAll(
    /[\u007f-\u{10ffff}]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  );
}
