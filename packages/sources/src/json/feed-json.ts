import { isUtf8 } from 'node:buffer';

import { MAX_RECORD_BYTES } from '@millrace/shared/core/reject';

import { NOT_PLAIN, PADDING_BYTES } from '../lane/value-cursor.ts';
import { wholeCharacters } from '../lane/whole-characters.ts';
import type { RecordSink } from '../record-sink.ts';
import type { RecordChunk } from '../source-record.ts';
import { asBuffer, BYTE } from './json-bytes.ts';
import type { RecordLane } from './record-lane.ts';
import { RecordReader, type JsonReading } from './record-reader.ts';

/** What is looked at at once; a record that is longer goes to the strict lane. */
const WINDOW_BYTES = 1024 * 1024;
/** Between two turns of the event loop. */
const STEP_BYTES = 128 * 1024;
/** Where a lane stops so near to the end of the window, the record probably goes on behind it. */
const NEAR_BYTES = 64;

/**
 * Reads a slice of a JSON file into a sink: runs of plainly good records by the lane, which puts their rows into its
 * stores, and every other record by the strict reader. Errors are those of `readJsonRecords`, and so is the outcome:
 * the lane changes only the speed.
 */
export async function* feedJson(
  reading: JsonReading,
  lane: RecordLane,
  sink: RecordSink,
): AsyncGenerator<void, void> {
  const feeder = new Feeder(reading, lane, sink);
  for await (const chunk of reading.chunks) {
    for (let at = 0; at < chunk.byteLength;) {
      at += feeder.fill(chunk.subarray(at));
      while (feeder.step(false)) yield;
    }
  }
  while (feeder.step(true)) yield;
  feeder.end();
}

class Feeder {
  readonly #reader: RecordReader;
  readonly #lane: RecordLane;
  readonly #sink: RecordSink;
  readonly #isLines: boolean;
  readonly #hasCommas: boolean;
  readonly #maxRecordBytes: number;
  readonly #window: Uint8Array;
  /** Of the window: what is still to be read. */
  #at = 0;
  #end = 0;
  /** Whether all bytes that are left to read are valid UTF-8, so that records need not be looked at one by one. */
  #isUtf8 = false;

  constructor(reading: JsonReading, lane: RecordLane, sink: RecordSink) {
    this.#reader = new RecordReader(reading);
    this.#lane = lane;
    this.#sink = sink;
    this.#isLines = reading.shape === 'lines';
    this.#hasCommas = reading.shape === 'array' || reading.shape === 'document';
    this.#maxRecordBytes = reading.maxRecordBytes ?? MAX_RECORD_BYTES;
    this.#window = lane.cursor.reserve(WINDOW_BYTES);
    lane.cursor.acrossLines = !this.#isLines;
  }

  /** Moves what is left to the front of the window and puts bytes behind it. @returns how many there was room for */
  fill(bytes: Uint8Array): number {
    const window = this.#window;
    window.copyWithin(0, this.#at, this.#end);
    const left = this.#end - this.#at;
    const added = bytes.subarray(0, WINDOW_BYTES - left);
    window.set(added, left);
    this.#at = 0;
    this.#end = left + added.byteLength;
    window.fill(0, this.#end, this.#end + PADDING_BYTES);
    this.#isUtf8 = isUtf8(window.subarray(0, wholeCharacters(window, this.#end)));
    return added.byteLength;
  }

  /**
   * Reads on, some hundred kilobytes at most.
   * @param isLast whether nothing will be added to the window
   * @returns false when there is nothing more to be read in the window
   */
  step(isLast: boolean): boolean {
    const until = Math.min(this.#end, this.#at + STEP_BYTES);
    while (this.#at < until) {
      const { spot } = this.#reader;
      if (spot !== 'elsewhere') {
        this.#run(spot === 'behind', until);
        if (this.#at >= until) break;
        if (!isLast && this.#mayGoOn()) return false;
      }
      this.#strict();
    }
    return this.#at < this.#end;
  }

  end(): void {
    this.#give(this.#reader.end());
  }

  /** The strict reader takes the next record, or what there is of it. */
  #strict(): void {
    this.#give(this.#reader.read(asBuffer(this.#window.subarray(this.#at, this.#end)), true));
    this.#at += this.#reader.used;
  }

  #give(chunk: RecordChunk | null): void {
    if (chunk === null) return;
    for (const record of chunk.records) this.#sink.record(record);
    this.#sink.blank(chunk.blank);
  }

  /** Whether the record that the lane did not take is cut off by the end of the window and may be whole in the next. */
  #mayGoOn(): boolean {
    return this.#at > 0 && this.#lane.cursor.stoppedAt >= this.#end - NEAR_BYTES;
  }

  /** Reads records as long as the lane takes them. */
  #run(behind: boolean, until: number): void {
    const { cursor } = this.#lane;
    const from = this.#at;
    let records = 0;
    let lineEnds = 0;
    let needsComma = behind;
    cursor.lineEnds = 0;
    while (this.#at < until) {
      const end = this.#readNext(needsComma);
      if (end === NOT_PLAIN) break;
      this.#at = end;
      records += 1;
      lineEnds = cursor.lineEnds;
      needsComma = this.#hasCommas;
    }
    if (records === 0) return;
    this.#reader.pass(this.#at - from, records, lineEnds);
    this.#sink.accepted(records);
  }

  /** @returns the position behind the next record, or NOT_PLAIN when it is not for the lane */
  #readNext(needsComma: boolean): number {
    const lane = this.#lane;
    const { cursor } = lane;
    let at = cursor.skipSpace(this.#at);
    if (needsComma) {
      if (this.#window[at] !== BYTE.comma) return cursor.stop(at);
      at = cursor.skipSpace(at + 1);
    }
    const end = lane.read(at);
    const next = end === NOT_PLAIN ? NOT_PLAIN : this.#endRecord(at, end);
    if (next === NOT_PLAIN) lane.drop();
    else lane.keep();
    return next;
  }

  #endRecord(start: number, end: number): number {
    const { cursor } = this.#lane;
    if (end - start > this.#maxRecordBytes) return NOT_PLAIN;
    if (!this.#isUtf8 && !isUtf8(this.#window.subarray(start, end))) return NOT_PLAIN;
    if (!this.#isLines) return end;
    const lineEnd = cursor.skipSpace(end);
    if (this.#window[lineEnd] !== BYTE.lineFeed) return cursor.stop(lineEnd);
    cursor.lineEnds += 1;
    return lineEnd + 1;
  }
}
