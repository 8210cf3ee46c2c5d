import { fail } from '@millrace/shared/core/errors';
import type { InputLayout, PlannedInput, PlannedSource } from '@millrace/shared/core/plan';
import type { FileSlice } from '@millrace/shared/core/task';

import { CsvLane } from '../csv/csv-lane.ts';
import { feedCsv, readCsvRecords, type CsvLayout, type CsvReading } from '../csv/read-csv-records.ts';
import { openText } from '../discover/open-text.ts';
import { feedJson } from '../json/feed-json.ts';
import { readJsonRecords } from '../json/read-json-records.ts';
import { RecordLane } from '../json/record-lane.ts';
import type { JsonReading } from '../json/record-reader.ts';
import type { Feed, RecordSink } from '../record-sink.ts';
import type { RecordStream } from '../source-record.ts';
import { requireLane, type Lane } from './compile-lane.ts';

type TextSource = Pick<PlannedSource, 'records' | 'csv' | 'decoding'>;
type TextInput = Pick<PlannedInput, 'path' | 'name' | 'compression' | 'layout'>;
type TextSlice = Omit<FileSlice, 'input'>;

/** Records of a slice of a JSON or CSV file, compressed or not, whatever its encoding. */
export function readText(source: TextSource, input: TextInput, slice: TextSlice): RecordStream {
  const { layout } = input;
  if (layout.kind === 'json') return readJsonRecords(jsonReading(source, input, layout, slice));
  if (layout.kind === 'csv') return readCsvRecords(csvReading(source, input, layout, slice));
  throw hasNoText(input);
}

/** The same, by a lane and into a sink. */
export function feedText(
  source: TextSource,
  input: TextInput,
  slice: TextSlice,
  lane: Lane,
  sink: RecordSink,
): Feed {
  const { layout } = input;
  if (layout.kind === 'json') {
    return feedJson(jsonReading(source, input, layout, slice, true), requireLane(lane, RecordLane), sink);
  }
  if (layout.kind === 'csv') {
    return feedCsv(csvReading(source, input, layout, slice, true), requireLane(lane, CsvLane), sink);
  }
  throw hasNoText(input);
}

function jsonReading(
  source: TextSource,
  input: TextInput,
  layout: Extract<InputLayout, { kind: 'json' }>,
  slice: TextSlice,
  reuses = false,
): JsonReading {
  const chunks = openText(input, source.decoding, slice.start, slice.end, reuses);
  return { chunks, shape: layout.shape, records: source.records, slice, fileName: input.name };
}

function csvReading(
  source: TextSource,
  input: TextInput,
  layout: CsvLayout,
  slice: TextSlice,
  reuses = false,
): CsvReading {
  if (source.csv === null) throw hasNoText(input);
  const chunks = openText(input, source.decoding, slice.start, slice.end, reuses);
  return { chunks, layout, options: source.csv, slice, fileName: input.name };
}

function hasNoText({ layout, path }: TextInput): Error {
  return fail('message_invalid', {
    message: `A file of layout ${layout.kind} has no text records.`,
    where: path,
  });
}
