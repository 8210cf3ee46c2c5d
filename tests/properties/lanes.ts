import { createAccount } from '@millrace/extractor/dist/core/account.js';
import { sumDrift } from '@millrace/shared/core/drift';
import { fail, isMillraceError } from '@millrace/shared/core/errors';
import type { StagedTable } from '@millrace/shared/core/plan';
import { readCsvRecords } from '@millrace/sources/csv/read-csv-records';
import { compileJudge } from '@millrace/sources/judge/judge';
import { readJsonRecords } from '@millrace/sources/json/read-json-records';
import type { RecordStream, SourceRecord } from '@millrace/sources/source-record';

import type { Draw } from '../fuzz/draw.mjs';
import { LaneReader, type LaneReading } from '../fuzz/read-by-lane.mjs';
import { csvOptions, openSlices, type OpenSlices } from './open-slices.ts';
import { rowText, type Failure, type ReadReject, type Reading } from './reading.ts';
import type { SourceFile } from './source-file.ts';
import { SqliteRows } from './sqlite-rows.ts';

/** One way to read files of the same tables, one after the other. All have to make the same of a file. */
export interface Lane {
  readonly name: string;
  /** @param draw decides how the file is cut into slices and chunks */
  read(draw: Draw, file: SourceFile): Promise<Reading | Failure>;
  /** How many records a fast lane has taken itself so far; the others went to the judge. */
  readonly taken?: () => number;
}

/** The lanes that there are for files like this one. */
export function lanesFor(file: SourceFile): Lane[] {
  const strict: Lane = { name: 'strict', read: (draw, other) => orFailure(() => readStrictly(draw, other)) };
  const reader = new LaneReader(
    file.tables,
    file.source.type as 'json' | 'csv' | 'sqlite',
    csvOptions(file.source),
  );
  if (!reader.exists) return [strict];
  const read: Lane['read'] = (draw, other) => orFailure(() => readFast(draw, other, reader));
  return [strict, { name: 'fast', read, taken: () => reader.taken }];
}

async function orFailure(read: () => Promise<Reading>): Promise<Reading | Failure> {
  try {
    return await read();
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { failed: `${error.code}: ${error.message} (${error.where ?? ''})` };
  }
}

/** Record by record, with the parser and the judge. */
async function readStrictly(draw: Draw, file: SourceFile): Promise<Reading> {
  if (file.format === 'sqlite') return judged(file.tables, 'sqlite', [new SqliteRows(file.bytes).records()]);
  const slices = openSlices(draw, file);
  return judged(file.tables, slices.kind, streamsOf(slices));
}

function streamsOf(slices: OpenSlices): RecordStream[] {
  return slices.kind === 'json' ? slices.readings.map(readJsonRecords) : slices.readings.map(readCsvRecords);
}

async function judged(
  tables: readonly StagedTable[],
  dialect: 'json' | 'csv' | 'sqlite',
  streams: readonly RecordStream[],
): Promise<Reading> {
  const judge = compileJudge(tables, dialect);
  const rows: Record<string, string[]> = Object.fromEntries(tables.map(({ name }) => [name, []]));
  const rejects: ReadReject[] = [];
  const account = createAccount();
  const counts = { seen: 0, accepted: 0, rejected: 0, blank: 0 };
  for (const stream of streams) {
    for await (const chunk of stream) {
      counts.blank += chunk.blank;
      counts.seen += chunk.records.length;
      for (const record of chunk.records) {
        const verdict = record.content.ok
          ? judge.judge(record.content.value)
          : { ...record.content, faults: [], breach: null };
        if (!verdict.ok && verdict.breach !== null)
          throw fail('contract_broken', { message: verdict.message });
        if (verdict.ok) for (const note of verdict.drift ?? []) account.drift(note, () => null);
        counts[verdict.ok ? 'accepted' : 'rejected'] += 1;
        if (!verdict.ok) rejects.push(readReject({ ...placeOf(record), ...verdict, raw: record.raw() }));
        else
          judge.tables.forEach((name, index) =>
            rows[name]?.push(...(verdict.rows[index] ?? []).map(rowText)),
          );
      }
    }
  }
  return { rows, rejects, drift: account.drifts(), counts };
}

const placeOf = ({ recordNumber, line, byteOffset, byteLength }: SourceRecord) => ({
  recordNumber,
  line,
  byteOffset,
  byteLength,
});

async function readFast(draw: Draw, file: SourceFile, reader: LaneReader): Promise<Reading> {
  const parts: LaneReading[] = [];
  if (file.format === 'sqlite') {
    const rows = new SqliteRows(file.bytes);
    parts.push(
      await reader.readSqlite(rows.messages(), rows.names, (message, row) => rows.record(message, row)),
    );
  } else {
    const slices = openSlices(draw, file);
    if (slices.kind === 'json')
      for (const reading of slices.readings) parts.push(await reader.readJson(reading));
    else for (const reading of slices.readings) parts.push(await reader.readCsv(reading));
  }
  const sum = (count: keyof Reading['counts']) =>
    parts.reduce((total, part) => total + part.counts[count], 0);
  return {
    rows: Object.fromEntries(
      file.tables.map(({ name }) => [name, parts.flatMap((part) => (part.rows[name] ?? []).map(rowText))]),
    ),
    rejects: parts.flatMap(({ rejects }) => rejects.map(readReject)),
    drift: sumDrift(parts.flatMap(({ drift }) => drift)),
    counts: { seen: sum('seen'), accepted: sum('accepted'), rejected: sum('rejected'), blank: sum('blank') },
  };
}

function readReject(
  reject: Omit<ReadReject, 'faults' | 'raw'> & {
    readonly faults: readonly { readonly table: string; readonly column: string; readonly reason: string }[];
    readonly raw: Uint8Array;
  },
): ReadReject {
  const { recordNumber, line, byteOffset, byteLength, reason, message, faults, raw } = reject;
  return {
    recordNumber,
    line,
    byteOffset,
    byteLength,
    reason,
    message,
    faults: faults.map((fault) => [fault.table, fault.column, fault.reason] as const),
    raw: Buffer.from(raw).toString('latin1'),
  };
}
