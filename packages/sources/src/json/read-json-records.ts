import type { RecordStream } from '../source-record.ts';
import { asBuffer } from './json-bytes.ts';
import { RecordReader, type JsonReading } from './record-reader.ts';

/** Bounds what is held at once, records and their values included, whatever the size of the chunks that come in. */
const PIECE_BYTES = 256 * 1024;

/**
 * The records of a slice, each read or with the reason why it cannot be. A record of its own fault is a reject
 * and its neighbours go on; when the structure around the records is broken nobody can tell records apart, so that is
 * an error: `file_unreadable` (broken or cut off, with the byte), `file_format` (the top is another kind than the shape
 * says) or `schema_mismatch` (the document has no array under `records`).
 */
export async function* readJsonRecords(reading: JsonReading): RecordStream {
  const reader = new RecordReader(reading);
  for await (const chunk of reading.chunks) {
    for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
      const records = reader.read(asBuffer(chunk.subarray(at, at + PIECE_BYTES)), false);
      if (records !== null) yield records;
    }
  }
  const records = reader.end();
  if (records !== null) yield records;
}
