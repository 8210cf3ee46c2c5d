import { Buffer } from 'node:buffer';
import { TextDecoder } from 'node:util';

import { createAccount } from '@millrace/extractor/dist/core/account.js';
import { judgeRecords } from '@millrace/extractor/dist/judge-records.js';
import { releaseBlock } from '@millrace/shared/core/columns/column-store';
import { MemoryPool } from '@millrace/shared/core/columns/memory-pool';
import { TableStore } from '@millrace/shared/core/columns/table-store';
import { compileJudge } from '@millrace/sources/judge/judge';
import { CsvLane } from '@millrace/sources/csv/csv-lane';
import { feedCsv } from '@millrace/sources/csv/read-csv-records';
import { feedJson } from '@millrace/sources/json/feed-json';
import { RecordLane } from '@millrace/sources/json/record-lane';
import { SqliteLane } from '@millrace/sources/sqlite/sqlite-lane';

/** @typedef {import('@millrace/shared/core/plan').StagedTable} StagedTable */
/** @typedef {import('@millrace/shared/core/reject').Reject} Reject */
/** @typedef {import('@millrace/shared/core/typed-cell').TypedCell} TypedCell */
/** @typedef {import('@millrace/sources/csv/read-csv-records').CsvReading} CsvReading */
/** @typedef {import('@millrace/sources/json/record-reader').JsonReading} JsonReading */
/** @typedef {import('@millrace/sources/record-sink').RecordSink} RecordSink */
/** @typedef {import('@millrace/sources/source-record').SourceRecord} SourceRecord */
/**
 * @typedef {object} LaneReading
 * @property {Record<string, TypedCell[][]>} rows of each table
 * @property {readonly Reject[]} rejects
 * @property {{ seen: number, accepted: number, rejected: number, blank: number }} counts
 * @property {readonly import('@millrace/shared/core/drift').DriftCount[]} drift
 * @property {number} byLane how many records the lane took itself
 */

/**
 * Reads files by their fast lane, one after the other, into the stores that batches are made from. What the lane
 * remembers of one file it uses for the next, as in a task of several files.
 */
export class LaneReader {
  /** @type {readonly StagedTable[]} */
  #tables;
  /** @type {readonly TableStore[]} */
  #stores;
  #pool = new MemoryPool();
  #lane;
  #judge;
  /** Records that the lane has taken itself, of all files. */
  taken = 0;

  /**
   * @param {readonly StagedTable[]} tables
   * @param {'json' | 'csv' | 'sqlite'} type
   * @param {import('@millrace/shared/core/pipeline').CsvOptions | null} csv
   */
  constructor(tables, type, csv) {
    this.#tables = tables;
    this.#stores = tables.map(({ columns }) => new TableStore(columns, this.#pool));
    this.#lane =
      type === 'json'
        ? RecordLane.compile(tables, this.#stores)
        : type === 'sqlite'
          ? SqliteLane.compile(tables, this.#stores)
          : csv === null
            ? null
            : CsvLane.compile(tables, this.#stores, csv);
    this.#judge = compileJudge(tables, type);
  }

  /** Whether the tables are such that there is a lane. */
  get exists() {
    return this.#lane !== null;
  }

  /**
   * Throws what the reader throws.
   * @param {JsonReading} reading
   */
  async readJson(reading) {
    const lane = this.#lane;
    if (!(lane instanceof RecordLane)) throw new Error('These tables have no lane for JSON.');
    return this.#read((sink) => feedJson(reading, lane, sink));
  }

  /**
   * Throws what the reader throws.
   * @param {CsvReading} reading
   */
  async readCsv(reading) {
    const lane = this.#lane;
    if (!(lane instanceof CsvLane)) throw new Error('These tables have no lane for CSV.');
    return this.#read((sink) => feedCsv(reading, lane, sink));
  }

  /**
   * As the reader does with what its thread says.
   * @param {Iterable<import('@millrace/sources/sqlite/sqlite-message').RowsMessage>} messages
   * @param {readonly string[]} names of the columns
   * @param {(rows: import('@millrace/sources/sqlite/sqlite-message').RowsMessage, row: number) => SourceRecord} recordOf
   */
  async readSqlite(messages, names, recordOf) {
    const lane = this.#lane;
    if (!(lane instanceof SqliteLane)) throw new Error('These tables have no lane for SQLite.');
    return this.#read(async function* (sink) {
      lane.useColumns(names);
      for (const rows of messages) {
        lane.useRows(rows);
        for (let row = 0; row < rows.rowCount; row += 1) {
          if (lane.take(row)) sink.accepted(1);
          else sink.record(recordOf(rows, row));
        }
        yield;
      }
    });
  }

  /**
   * @param {(sink: RecordSink) => AsyncGenerator<void, void>} open
   * @returns {Promise<LaneReading>}
   */
  async #read(open) {
    /** @type {Reject[]} */
    const rejects = [];
    let byLane = 0;
    const account = createAccount();
    account.seen(0, 0);
    const addReject = (/** @type {Reject} */ reject) =>
      void rejects.push({ ...reject, raw: Buffer.from(reject.raw) });
    const judging = { tables: this.#tables, judge: this.#judge, stores: this.#stores, account, addReject };
    const sink = judgeRecords(judging, { source: 'data', file: 'data', input: 0 });
    const counting = {
      ...sink,
      accepted: (/** @type {number} */ records) => {
        byLane += records;
        sink.accepted(records);
      },
    };
    try {
      const feed = open(counting);
      while ((await feed.next()).done !== true);
    } catch (error) {
      this.#takeRows();
      throw error;
    }
    const [counts] = account.files();
    if (counts === undefined) throw new Error('The file is not in the account.');
    this.taken += byLane;
    return { rows: this.#takeRows(), rejects, counts, drift: account.drifts(), byLane };
  }

  #takeRows() {
    return Object.fromEntries(
      this.#tables.map((table, index) => [
        table.name,
        takeRows(table, /** @type {TableStore} */ (this.#stores[index]), this.#pool),
      ]),
    );
  }
}

/**
 * @param {StagedTable} table
 * @param {TableStore} store is empty afterwards
 * @param {MemoryPool} pool gets the memory back, full of what must not be seen again
 */
function takeRows(table, store, pool) {
  const { rows, columns } = store.take(store.rows);
  const taken = Array.from({ length: rows }, (_, row) =>
    columns.map((block, index) =>
      block.nulls?.[row] === 1 ? null : cellOf(table.columns[index]?.type.kind, block, row),
    ),
  );
  for (const block of columns) {
    for (const memory of [block.data, block.nulls, block.arena]) poison(memory);
    releaseBlock(block, pool);
  }
  return taken;
}

/** @param {ArrayBuffer | Uint8Array | null} memory */
function poison(memory) {
  if (memory !== null) new Uint8Array('buffer' in memory ? memory.buffer : memory).fill(0xff);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const INLINE_BYTES = 12;

/**
 * @param {string | undefined} kind
 * @param {import('@millrace/shared/core/columns/column-store').ColumnBlock} block
 * @param {number} row
 * @returns {TypedCell}
 */
function cellOf(kind, { storage, data, arena }, row) {
  const view = new DataView(data);
  switch (storage) {
    case 'boolean':
      return view.getUint8(row) === 1;
    case 'double':
      return view.getFloat64(row * 8, true);
    case 'int16':
      return BigInt(view.getInt16(row * 2, true));
    case 'int32':
      return kind === 'date' ? view.getInt32(row * 4, true) : BigInt(view.getInt32(row * 4, true));
    case 'int64':
      return view.getBigInt64(row * 8, true);
    case 'int128':
      return (view.getBigInt64(row * 16 + 8, true) << 64n) + view.getBigUint64(row * 16, true);
    case 'text':
    case 'blob': {
      const length = view.getUint32(row * 16, true);
      const place = view.getUint32(row * 16 + 8, true);
      const bytes =
        length <= INLINE_BYTES
          ? new Uint8Array(data, row * 16 + 4, length)
          : arena?.subarray(place, place + length);
      return decoder.decode(bytes);
    }
  }
}
