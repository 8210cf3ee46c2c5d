/** Damaged records put together as files: where each begins and ends, and what a fast lane makes of it. */
import { Buffer } from 'node:buffer';

import { isMillraceError } from '@millrace/shared/core/errors';
import { createScanner } from '@millrace/sources/json/create-scanner';
import { readContent } from '@millrace/sources/json/record-content';

import { judgeText } from './json-oracle.mjs';
import { ORDER_TABLES } from './orders-like.mjs';
import { judgeByReference } from './reference-judge.mjs';

/** @typedef {import('./draw.mjs').Draw} Draw */
/** @typedef {import('./read-by-lane.mjs').LaneReader} LaneReader */
/** @typedef {'lines' | 'array' | 'values'} Shape */
/** @typedef {{ shape: Shape, bytes: Buffer, places: [start: number, end: number][] }} JsonFile */

/**
 * The records as a file of lines; or those that are JSON as an array, or as values one after another.
 * @param {readonly Buffer[]} records
 * @param {Draw} draw
 * @param {LaneReader} lane
 * @param {{ byLane: number }} result is counted in
 * @returns {Promise<string | null>} what differs
 */
export async function compareFiles(records, draw, lane, result) {
  const shape = draw.pick(['lines', 'array', 'values']);
  const sound = shape === 'lines' ? [] : records.filter((record) => judgeText(record).ok);
  const file =
    shape === 'lines'
      ? linesFile(records)
      : shape === 'array'
        ? joinedFile('array', ['[', ',', ']'], sound)
        : joinedFile('values', ['', '\n', '\n'], sound);
  const told = compareScan(file, draw) ?? (await compareLane(file, draw, lane, result));
  return told === null ? null : `as ${shape} ${told}`;
}

/** @param {readonly Buffer[]} records @returns {JsonFile} */
function linesFile(records) {
  const newline = Buffer.from('\n');
  const bytes = Buffer.concat(records.flatMap((record) => [record, newline]));
  const mark = bytes.subarray(0, 3).toString('hex') === 'efbbbf' ? 3 : 0;
  /** @type {JsonFile['places']} */
  const places = [];
  let start = mark;
  for (const line of bytes.subarray(mark).toString('latin1').split('\n')) {
    if (/[^ \t\r\n]/.test(line)) places.push([start, start + line.replace(/\r$/, '').length]);
    start += line.length + 1;
  }
  return { shape: 'lines', bytes, places };
}

/** @param {Shape} shape @param {string[]} marks @param {readonly Buffer[]} records @returns {JsonFile} */
function joinedFile(shape, [open = '', between = '', close = ''], records) {
  /** @type {Buffer[]} */
  const parts = [Buffer.from(open)];
  /** @type {JsonFile['places']} */
  const places = [];
  let at = open.length;
  for (const [index, record] of records.entries()) {
    if (index > 0) {
      parts.push(Buffer.from(between));
      at += between.length;
    }
    const text = record.toString('latin1');
    const start = at + text.length - text.replace(/^[ \t\r\n]+/, '').length;
    parts.push(record);
    places.push([start, at + text.replace(/[ \t\r\n]+$/, '').length]);
    at += record.length;
  }
  return { shape, bytes: Buffer.concat([...parts, Buffer.from(close)]), places };
}

const WHOLE = { start: 0, end: null, firstLine: 1 };

/** @param {JsonFile} file @param {Draw} draw */
function compareScan({ shape, bytes, places }, draw) {
  /** @type {string[]} */
  const found = [];
  const scanner = createScanner(shape, null, WHOLE, 'fuzz', (start, end) => found.push(`${start},${end}`));
  try {
    for (const chunk of chunksOf(bytes, draw)) scanner.scan(Buffer.from(chunk), false);
    scanner.end();
  } catch (error) {
    return `they are refused: ${String(error)}`;
  }
  const at = firstDifference(found, places.map(String));
  return at === -1
    ? null
    : `record ${at + 1} is found at ${found[at] ?? 'no place'} instead of ${String(places[at])}`;
}

/** @param {Uint8Array} bytes @param {Draw} draw */
function* chunksOf(bytes, draw) {
  const most = draw.pick([100, 3000, 100_000, 100_000]);
  for (let at = 0; at < bytes.length;) {
    const to = at + draw.int(1, most);
    yield bytes.subarray(at, to);
    at = to;
  }
}

/** @param {JsonFile} file @param {Draw} draw @param {LaneReader} lane @param {{ byLane: number }} result */
async function compareLane({ shape, bytes, places }, draw, lane, result) {
  const chunks = (async function* () {
    yield* chunksOf(bytes, draw);
  })();
  const slice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };
  let reading;
  try {
    reading = await lane.readJson({ chunks, shape, records: null, slice, fileName: 'fuzz' });
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return `the lane's reader refuses them: ${error.message}`;
  }
  result.byLane += reading.byLane;
  const expected = expectedOf(bytes, places);
  const { seen, accepted, rejected } = reading.counts;
  if (seen !== places.length || accepted + rejected !== seen)
    return `the lane counts ${seen} = ${accepted} + ${rejected} records instead of ${places.length}`;
  for (const { name } of ORDER_TABLES) {
    const [rows, wanted] = [reading.rows[name] ?? [], expected.rows[name] ?? []].map((all) =>
      all.map(rowText),
    );
    const at = firstDifference(rows ?? [], wanted ?? []);
    if (at !== -1) return `row ${at + 1} of ${name} is ${rows?.[at]} by the lane instead of ${wanted?.[at]}`;
  }
  const rejects = reading.rejects.map(({ recordNumber, byteOffset, byteLength, reason, faults, raw }) =>
    JSON.stringify([
      recordNumber,
      byteOffset,
      byteLength,
      reason,
      faults.map((fault) => [fault.table, fault.column, fault.reason]),
      Buffer.from(raw).toString('latin1'),
    ]),
  );
  const at = firstDifference(rejects, expected.rejects);
  return at === -1
    ? null
    : `reject ${at + 1} is ${rejects[at]} by the lane instead of ${expected.rejects[at]}`;
}

/** @param {Buffer} bytes @param {JsonFile['places']} places */
function expectedOf(bytes, places) {
  /** @type {Record<string, unknown[][]>} */
  const rows = Object.fromEntries(ORDER_TABLES.map(({ name }) => [name, []]));
  /** @type {string[]} */
  const rejects = [];
  for (const [index, [start, end]] of places.entries()) {
    const raw = bytes.subarray(start, end);
    const text = judgeText(raw);
    const verdict = text.ok
      ? judgeByReference(text.value, ORDER_TABLES, 'json')
      : { ok: /** @type {const} */ (false), reason: strictReason(raw), faults: [] };
    if (verdict.ok)
      ORDER_TABLES.forEach(({ name }, table) => rows[name]?.push(...(verdict.rows[table] ?? [])));
    else
      rejects.push(
        JSON.stringify([
          index + 1,
          start,
          end - start,
          verdict.reason,
          verdict.faults,
          raw.toString('latin1'),
        ]),
      );
  }
  return { rows, rejects };
}

/** The oracle knows several reasons for some texts; the strict reader has been compared with it by then. @param {Buffer} raw */
function strictReason(raw) {
  const content = readContent(raw, false, false);
  return content.ok ? null : content.reason;
}

/** @param {readonly string[]} found @param {readonly string[]} expected @returns {number} -1 when there is none */
function firstDifference(found, expected) {
  for (let at = 0; at < Math.max(found.length, expected.length); at += 1)
    if (found[at] !== expected[at]) return at;
  return -1;
}

/** @param {unknown} row */
export function rowText(row) {
  return JSON.stringify(row, (_key, value) => {
    if (typeof value === 'bigint') return `${value}n`;
    return Object.is(value, -0) ? '-0' : value;
  });
}
