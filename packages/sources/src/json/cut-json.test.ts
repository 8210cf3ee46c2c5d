import { isMillraceError } from '@millrace/shared/core/errors';
import { expect, it } from 'vitest';

import type { JsonShape } from './create-scanner.ts';
import { createJsonCutter, type JsonSlice } from './cut-json.ts';
import { readJsonRecords } from './read-json-records.ts';

const SHAPES: readonly JsonShape[] = ['lines', 'array', 'document', 'members', 'values'];
const WHOLE: JsonSlice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };
const SCALARS = [
  '1',
  '-0.5',
  '"é😀"',
  'null',
  '"a\\"b"',
  '"{"',
  '"]"',
  '12345678901234567890',
  'NaN',
  '"\\ud800"',
  'oops',
  '""x',
];

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % sides;
  };
}

function makeValue(roll: (sides: number) => number, depth: number): string {
  if (depth > 2 || roll(3) === 0) return SCALARS[roll(SCALARS.length)] ?? '';
  const inner = Array.from({ length: roll(3) }, () => makeValue(roll, depth + 1));
  return roll(2) === 0
    ? `[${inner.join(',')}]`
    : `{${inner.map((value, index) => `"k${index}":${roll(8) === 0 ? '\n' : ''}${value}`).join(',')}}`;
}

/** A file of the shape, now and then with a byte order mark, a byte that is wrong, or an end that is missing. */
function makeFile(shape: JsonShape, roll: (sides: number) => number): Buffer {
  const values = Array.from({ length: roll(12) }, () => makeValue(roll, 0));
  const keys = ['"k"', '"r"\n', '"é\\"{"', '"\\x"', '""'];
  const texts: Record<JsonShape, string> = {
    lines: values.map((value) => value.replaceAll('\n', ' ')).join(roll(2) === 0 ? '\r\n' : '\n\n'),
    array: `[${values.join(' ,\n')}]`,
    document: `{"m":[1],"d":{"x":"[","r":[${values.join(',')}]},"z":1}`,
    members: `{"m":{"r":1},"d":{"x":{},"r":{${values.map((value) => `${keys[roll(keys.length)] ?? ''}: ${value}`).join(',\n')}}},"z":1}`,
    values: values.map((value) => (/^[{[]/.test(value) ? value : `{"a":${value}}`)).join(' \n'),
  };
  const bytes = Buffer.from((roll(4) === 0 ? '\uFEFF' : '') + texts[shape]);
  if (roll(5) === 0 && bytes.length > 0) bytes[roll(bytes.length)] = roll(256);
  return roll(10) === 0 ? bytes.subarray(0, roll(bytes.length + 1)) : bytes;
}

async function* chunksOf(bytes: Buffer, roll: (sides: number) => number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + roll(40);
    await Promise.resolve();
    yield Uint8Array.from(bytes.subarray(at, at + size));
    at += size;
  }
}

it('makes slices that give the records and rejects of the whole, for files of all sorts', async () => {
  const roll = dice(7);
  let cuts = 0;
  for (let round = 0; round < 400; round += 1) {
    const shape = SHAPES[round % SHAPES.length] ?? 'lines';
    const bytes = makeFile(shape, roll);
    const records = ['d', 'r'];
    const read = async (slice: JsonSlice) => {
      const found: unknown[] = [];
      const chunks = chunksOf(bytes.subarray(slice.start, slice.end ?? bytes.length), roll);
      const reading = { chunks, shape, records, slice, fileName: 'f', maxRecordBytes: 100 };
      for await (const chunk of readJsonRecords(reading)) {
        for (const { raw, ...record } of chunk.records) found.push({ ...record, raw: raw().toString() });
        if (chunk.blank > 0) found.push(chunk.blank);
      }
      return found;
    };
    const inSlices = async () => {
      const cutter = createJsonCutter({ shape, records, targetBytes: 1 + roll(60), fileName: 'f' });
      for await (const chunk of chunksOf(bytes, roll)) cutter.push(chunk);
      const slices = cutter.end();
      cuts += slices.length - 1;
      const parts = await Promise.all(slices.map(read));
      const counts = parts.map((part) => part.filter((item) => typeof item === 'object').length);
      expect(counts, bytes.toString('latin1')).toEqual(slices.map((slice) => slice.records));
      return parts.flat();
    };
    const text = bytes.toString('latin1');
    expect(tally(await inSlices().catch(known)), text).toEqual(tally(await read(WHOLE).catch(known)));
  }
  expect(cuts).toBeGreaterThan(200);
});

/** Blank lines are told with whatever chunk they are met in: their sum counts. */
function tally(outcome: unknown): unknown {
  if (!Array.isArray(outcome)) return outcome;
  const blanks = outcome.filter((item): item is number => typeof item === 'number');
  return [outcome.filter((item) => typeof item !== 'number'), blanks.reduce((sum, count) => sum + count, 0)];
}

function known(error: unknown): unknown {
  if (!isMillraceError(error)) throw error;
  return { code: error.code, message: error.message };
}
