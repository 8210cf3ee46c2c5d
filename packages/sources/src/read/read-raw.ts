import { fail } from '@millrace/shared/core/errors';
import type { PlannedInput, PlannedSource } from '@millrace/shared/core/plan';
import { MAX_RECORD_BYTES, type RecordPlace, type RejectReason } from '@millrace/shared/core/reject';

import { readCsvRecords, type CsvLayout } from '../csv/read-csv-records.ts';
import { readMember } from '../json/read-member.ts';
import { readContent } from '../json/record-content.ts';
import { readRowJson } from '../row-json.ts';
import type { RecordContent } from '../source-record.ts';

/** A rejected record: its bytes, where it stood in its file, and why it was refused. */
export interface RawRecord extends RecordPlace {
  readonly reason: RejectReason;
  readonly raw: Uint8Array;
}

export type RawReader = (record: RawRecord) => RecordContent | Promise<RecordContent>;

/** Makes the reader of single records of one file, as it was laid out when the run that refused them was planned. */
export function createRawReader(source: PlannedSource, input: PlannedInput): RawReader {
  const read = readerOf(source, input);
  return (record) => {
    const { byteLength } = record.raw;
    if (byteLength <= MAX_RECORD_BYTES) return read(record);
    const message = `The record has ${byteLength} bytes; at most ${MAX_RECORD_BYTES} are read.`;
    return { ok: false, reason: 'record_too_large', message };
  };
}

/** Throws `replay_impossible` when the source is now declared so that its records would be others. */
function readerOf(source: PlannedSource, { layout, name }: PlannedInput): RawReader {
  const { type, csv } = source;
  if (type === 'sqlite' || type === 'parquet') return ({ raw }) => readRowJson(asBuffer(raw), type);
  if (layout.kind === 'json') {
    const read = layout.shape === 'members' ? readMember : readContent;
    if (source.members !== (layout.shape === 'members')) throw otherKeys(source, name);
    return ({ raw, reason }) => read(asBuffer(raw), false, reason === 'truncated_record');
  }
  if (layout.kind !== 'csv' || csv === null)
    throw fail('message_invalid', {
      message: `A file of layout ${layout.kind} has no records to read again.`,
    });
  if (csv.delimiter !== null && csv.delimiter !== layout.delimiter) {
    throw fail('replay_impossible', {
      message: `The fields of source '${source.name}' were parted by ${JSON.stringify(layout.delimiter)}, and are to be by ${JSON.stringify(csv.delimiter)} now: the header that was read is not the header any more.`,
      where: name,
      hint: 'Run the pipeline as a whole instead.',
    });
  }
  return (record) => readCsvRecord(record, layout, csv, name);
}

function otherKeys({ name, members }: PlannedSource, fileName: string): Error {
  const [was, is] = members ? ['had no', 'have a'] : ['had a', 'have no'];
  return fail('replay_impossible', {
    message: `The records of source '${name}' ${was} key, and are to ${is} key now: \`records:\` was changed.`,
    where: fileName,
    hint: 'Run the pipeline as a whole instead.',
  });
}

/** Read as if the file had this record only, behind its header. */
async function readCsvRecord(
  { raw, reason, recordNumber, line, byteOffset }: RawRecord,
  layout: CsvLayout,
  options: NonNullable<PlannedSource['csv']>,
  fileName: string,
): Promise<RecordContent> {
  const lineEnd = layout.newline === 'cr' ? '\r' : '\n';
  const isCutOff = reason === 'truncated_record';
  const reading = readCsvRecords({
    chunks: chunksOf(isCutOff ? [raw] : [raw, Buffer.from(lineEnd)]),
    layout: { ...layout, dataStart: 0 },
    options,
    slice: { start: byteOffset ?? 0, end: null, firstLine: line ?? 1, firstRecord: recordNumber },
    fileName,
  });
  const contents: RecordContent[] = [];
  for await (const { records } of reading) for (const { content } of records) contents.push(content);
  const [content, second] = contents;
  if (content === undefined)
    return {
      ok: false,
      reason: 'csv_too_few_fields',
      message: 'There is a blank line in place of the record.',
    };
  if (second === undefined) return content;
  const message = `There are ${contents.length} records in place of one. A line end inside a field stands in quotes.`;
  return { ok: false, reason: 'csv_too_many_fields', message };
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
