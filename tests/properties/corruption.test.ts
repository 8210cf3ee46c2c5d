import { isMillraceError } from '@millrace/shared/core/errors';
import { compileJudge } from '@millrace/sources/judge/judge';
import { readCsvRecords } from '@millrace/sources/csv/read-csv-records';
import { readJsonRecords } from '@millrace/sources/json/read-json-records';
import type { SourceRecord } from '@millrace/sources/source-record';
import { describe, expect, test } from 'vitest';

import { checkCases } from '../fuzz/check-cases.ts';
import type { Draw } from '../fuzz/draw.mjs';
import { mutate, replaceValue } from '../fuzz/mutate.mjs';
import { drawRecord, drawSchema } from './drawn-records.ts';
import { lanesFor } from './lanes.ts';
import { openSlices, type OpenSlices } from './open-slices.ts';
import { rowText, type Failure, type Reading } from './reading.ts';
import { fateOfCsv, fateOfJson } from './reference-record.ts';
import { writeFile, type SourceFile } from './source-file.ts';

/** Each is a file that is damaged in several ways, one after the other. */
const CASES = 2000;
const DAMAGES = 3;
const FORMATS = ['lines', 'array', 'document', 'values', 'csv'] as const;

function damaged(draw: Draw, file: SourceFile): SourceFile {
  const some = draw.chance(30) ? replaceValue(draw, file.bytes) : file.bytes;
  return { ...file, bytes: mutate(draw, some, draw.pick([1, 1, 3])) };
}

/** What stands between two records, or a record and the end of the file, in each format. */
const BETWEEN: Readonly<Record<(typeof FORMATS)[number], RegExp>> = {
  lines: /^[ \t\r\n]*$/,
  array: /^[ \t\r\n]*,[ \t\r\n]*$/,
  document: /^[ \t\r\n]*,[ \t\r\n]*$/,
  values: /^[ \t\r\n]*$/,
  csv: /^[\r\n]*$/,
};

/** Each record of a file that could be read, by the strict reader, against the reference. Throws what reading throws. */
async function checkRecords(draw: Draw, file: SourceFile): Promise<void> {
  const slices = openSlices(draw, file);
  const { bytes, format, tables } = file;
  const judge = compileJudge(tables, slices.kind);
  let end = slices.kind === 'csv' ? (slices.readings[0]?.layout.dataStart ?? 0) : -1;
  let recordNumber = 0;
  for (const stream of slices.kind === 'json'
    ? slices.readings.map(readJsonRecords)
    : slices.readings.map(readCsvRecords)) {
    for await (const { records } of stream) {
      for (const record of records) {
        const { byteOffset: start, byteLength } = record;
        if (start === null || byteLength === null) throw new Error('A record of a text has no place.');
        expect(record.recordNumber).toBe((recordNumber += 1));
        const raw = bytes.subarray(start, start + byteLength);
        expect(Buffer.from(record.raw()).equals(raw), 'the bytes are those of the place').toBe(true);
        expect(record.line, 'the line').toBe(lineOf(bytes, start, slices));
        if (end !== -1)
          expect(bytes.toString('latin1', end, start)).toMatch(BETWEEN[format as keyof typeof BETWEEN]);
        end = start + byteLength;
        const last = /^[\r\n]*$/.test(bytes.toString('latin1', end));
        const fate =
          slices.kind === 'csv'
            ? fateOfCsv(raw, file, requireLayout(slices), last)
            : fateOfJson(raw, tables, last);
        checkFate(record, judge.judge, fate);
      }
    }
  }
  if (end !== -1 && (format === 'lines' || format === 'values' || format === 'csv')) {
    expect(bytes.toString('latin1', end)).toMatch(BETWEEN[format]);
  }
}

function requireLayout(slices: OpenSlices) {
  const layout = slices.kind === 'csv' ? slices.readings[0]?.layout : undefined;
  if (layout === undefined) throw new Error('CSV has a layout.');
  return layout;
}

function lineOf(bytes: Buffer, start: number, slices: OpenSlices): number {
  const before = bytes.toString('latin1', 0, start);
  const ends = slices.kind === 'csv' && requireLayout(slices).newline === 'cr' ? /\r\n|\r|\n/g : /\n/g;
  return (before.match(ends) ?? []).length + 1;
}

function checkFate(
  record: SourceRecord,
  judge: ReturnType<typeof compileJudge>['judge'],
  fate: ReturnType<typeof fateOfJson>,
): void {
  const verdict = record.content.ok ? judge(record.content.value) : { ...record.content, faults: [] };
  if (verdict.ok) {
    expect({ rows: verdict.rows.map((rows) => rows.map(rowText)) }).toEqual(fate);
    return;
  }
  if ('rows' in fate) expect(verdict).toEqual(fate);
  else {
    expect(fate.reasons).toContain(verdict.reason);
    const faults = verdict.faults.map(({ table, column, reason }, index) => {
      const reasons = fate.faults[index]?.[2].split('|') ?? [];
      return [table, column, reasons.includes(reason) ? fate.faults[index]?.[2] : reason];
    });
    expect(faults).toEqual(fate.faults);
  }
}

/** A file that JSON.parse takes has no broken structure, and as many records as there are elements. */
function checkWhole({ bytes, format }: SourceFile, reading: Reading | Failure): void {
  if (format !== 'array') return;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return;
  }
  if (Array.isArray(value)) expect(reading).toMatchObject({ counts: { seen: value.length } });
}

function checkConservation(reading: Reading | Failure): void {
  if ('failed' in reading) {
    expect(reading.failed).toMatch(
      /^(?:file_unreadable|file_format|schema_mismatch|input_empty): [^]+ \(data(?:, (?:byte \d+|header))?\)$/,
    );
    return;
  }
  const { seen, accepted, rejected } = reading.counts;
  expect(accepted + rejected).toBe(seen);
  expect(reading.rejects).toHaveLength(rejected);
  expect(reading.rows['data']).toHaveLength(accepted);
}

async function checkDamaged(draw: Draw, file: SourceFile, lanes: ReturnType<typeof lanesFor>): Promise<void> {
  const readings: (Reading | Failure)[] = [];
  for (const lane of lanes) readings.push(await lane.read(draw, file));
  const [strict, ...others] = readings as [Reading | Failure, ...(Reading | Failure)[]];
  checkConservation(strict);
  checkWhole(file, strict);
  for (const other of others)
    if (JSON.stringify(other) !== JSON.stringify(strict)) expect(other).toEqual(strict);
  try {
    await checkRecords(draw, file);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    expect(strict).toHaveProperty('failed');
  }
}

describe('damaged files', () => {
  test.each(FORMATS)(
    'of %s: every record is accounted for, alike by every lane, and no value is wrong',
    { timeout: 300_000 },
    async (format) => {
      await checkCases(CASES / FORMATS.length, async (draw) => {
        const schema = drawSchema(draw);
        const sound = writeFile(
          draw,
          format,
          schema,
          draw.list(1, 5, () => drawRecord(draw, schema, 3)),
        );
        const lanes = lanesFor(sound);
        for (let count = 0; count < DAMAGES; count += 1) {
          const file = damaged(draw, sound);
          try {
            await checkDamaged(draw, file, lanes);
          } catch (error) {
            throw new Error(
              `${JSON.stringify(file.source)}\n${JSON.stringify(file.bytes.toString('latin1'))}`,
              { cause: error },
            );
          }
        }
      });
    },
  );
});
