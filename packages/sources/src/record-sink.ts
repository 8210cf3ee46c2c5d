import type { RecordStream, SourceRecord } from './source-record.ts';

/** Takes what a reader finds, in the order of the file, and at once: nothing is kept by the reader. */
export interface RecordSink {
  /** A record for the judge. */
  record(record: SourceRecord): void;
  /**
   * Records that a lane has judged itself, and whose rows are in the stores.
   * @param first number of the first of them; only of a database, whose rowids may have gaps
   */
  accepted(records: number, first?: number): void;
  /** Lines without a record. */
  blank(lines: number): void;
}

/**
 * What a reader gives into a sink. It stops after each step of some hundred kilobytes, so that others can work, and
 * what it has read can be taken away.
 */
export type Feed = AsyncIterable<void>;

/** Gives all records of a stream to the judge. */
export async function* feedRecords(records: RecordStream, sink: RecordSink): AsyncGenerator<void, void> {
  for await (const chunk of records) {
    for (const record of chunk.records) sink.record(record);
    sink.blank(chunk.blank);
    yield;
  }
}
