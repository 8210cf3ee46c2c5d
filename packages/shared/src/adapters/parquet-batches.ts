import type { DuckDBConnection } from '@duckdb/node-api';

import type { BatchReference } from '../core/batch.ts';
import type { StoreColumn } from '../core/columns/create-column.ts';
import { TableStore, type TableBlock } from '../core/columns/table-store.ts';
import type { TypedCell } from '../core/typed-cell.ts';
import type { Bucket } from '../ports/bucket.ts';
import { createBlockSource, type BlockSource } from './duckdb-block-source.ts';
import { bucketError, copyToParquetSql, type Engine } from './duckdb.ts';
import { sealBatch } from './seal-batch.ts';

export interface BatchTarget {
  readonly bucket: Bucket;
  readonly engine: Engine;
  /** Key of the object with this 0-based index. */
  readonly newKey: (index: number) => string;
  /** A batch ends with the row that reaches either limit. */
  readonly batch: { readonly rows: number; readonly bytes: number };
}

export interface WrittenBatches {
  readonly batches: BatchReference[];
  readonly rows: number;
}

const CELL_BYTES = 8;

/**
 * Writes rows as Parquet objects. The same rows in the same order give the same batches, however they are divided
 * over calls of `append`. While one batch is written by native threads the next is filled, so memory holds two.
 */
export class BatchWriter<Row> {
  private readonly columns: readonly BatchColumn<Row>[];
  private readonly target: BatchTarget;
  private readonly batches: BatchReference[] = [];
  private readonly chunk: DuckDBDataChunk;
  private readonly buffers: readonly RowBuffer<Row>[];
  /** Of a row's estimated size: those parts that depend on its values. */
  private readonly extraBytes: readonly ((row: Row) => number)[];
  private connections: WriterConnections | null = null;
  private filling: FillingBatch | null = null;
  private writing: Promise<void> = Promise.resolve();
  private pending: Row[] = [];
  private rows = 0;
  private bytes = 0;
  private totalRows = 0;

  constructor(columns: readonly BatchColumn<Row>[], target: BatchTarget) {
    this.columns = columns;
    this.target = target;
    this.chunk = DuckDBDataChunk.create(columns.map((column) => column.type));
    this.buffers = columns.map((column) => column.createBuffer());
    this.extraBytes = columns.flatMap(({ extraBytes }) => (extraBytes === null ? [] : [extraBytes]));
  }

  /** Batches that are objects in the bucket by now. */
  get sealed(): number {
    return this.batches.length;
  }

  /** Throws the failure of an earlier batch too, for batches are written in the background. */
  async append(rows: readonly Row[]): Promise<void> {
    const { batch } = this.target;
    for (const row of rows) {
      this.pending.push(row);
      this.rows += 1;
      this.bytes += this.columns.length * CELL_BYTES;
      for (const extraBytes of this.extraBytes) this.bytes += extraBytes(row);
      const full = this.rows >= batch.rows || this.bytes >= batch.bytes;
      if (full || this.pending.length === CHUNK_ROWS) await this.flushChunk();
      if (full) await this.endBatch();
    }
  }

  /** Ends the last batch. No rows give no batch. */
  async finish(): Promise<WrittenBatches> {
    try {
      await this.flushChunk();
      if (this.rows > 0) await this.endBatch();
      await this.writing;
      return { batches: this.batches, rows: this.totalRows };
    } finally {
      await this.close();
    }
  }

  /** Gives up. Objects already sealed stay in the bucket, where nothing refers to them. */
  async discard(): Promise<void> {
    await this.close();
  }

  private async flushChunk(): Promise<void> {
    if (this.pending.length === 0) return;
    this.filling ??= await this.startBatch();
    const rows = this.pending;
    this.pending = [];
    this.chunk.reset();
    this.chunk.rowCount = rows.length;
    for (const [index, buffer] of this.buffers.entries()) {
      buffer.fill(rows);
      buffer.moveTo(this.chunk, index, rows.length);
    }
    this.explained(this.filling.appender, (appender) => appender.appendDataChunk(this.chunk));
  }

  private async startBatch(): Promise<FillingBatch> {
    const { engine } = this.target;
    const table = engine.uniqueName('batch');
    const columns = this.columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type.toString()}`);
    // Two, because a connection does one thing at a time.
    this.connections ??= { fill: await engine.connect(), copy: await engine.connect() };
    const { fill } = this.connections;
    try {
      await fill.run(`CREATE TABLE ${table} (${columns.join(', ')})`);
      return { table, appender: await fill.createAppender(table) };
    } catch (error) {
      throw engine.explain(error);
    }
  }

  private async endBatch(): Promise<void> {
    const { filling, rows, connections } = this;
    if (filling === null || connections === null) return;
    this.filling = null;
    this.totalRows += rows;
    this.rows = 0;
    this.bytes = 0;
    this.explained(filling.appender, (appender) => appender.closeSync());
    // Awaited before the next starts: at most one batch is written while one is filled.
    await this.writing;
    this.writing = this.write(connections.copy, filling.table, rows);
    // The failure is thrown by whoever awaits `writing` next; until then it must not end the process.
    this.writing.catch(() => undefined);
  }

  private async write(copy: DuckDBConnection, table: string, rows: number): Promise<void> {
    const { bucket, engine, newKey } = this.target;
    const key = newKey(this.batches.length);
    const draft = await bucket.draft(key);
    try {
      await connection.run(copyToParquetSql(`FROM ${source.sql}`, draft.path));
      this.batches.push(await sealBatch(draft, key, rows));
    } catch (error) {
      await draft.discard();
      const explained = engine.explain(error);
      throw bucketError(explained, key) ?? explained;
    }
  }

  /** Rows may have to move out of memory, so this too can find it full. */
  private explained(appender: DuckDBAppender, action: (appender: DuckDBAppender) => void): void {
    try {
      action(appender);
    } catch (error) {
      throw this.target.engine.explain(error);
    }
  }

  private async close(): Promise<void> {
    // A connection must not be closed under the native thread that works on it.
    await this.writing.catch(() => undefined);
    const { filling, connections } = this;
    this.filling = null;
    this.connections = null;
    if (connections === null) return;
    if (filling !== null) {
      filling.appender.clear();
      filling.appender.closeSync();
      await connections.fill.run(`DROP TABLE ${filling.table}`);
    }
    connections.fill.closeSync();
    connections.copy.closeSync();
  }
}

interface WriterConnections {
  readonly fill: DuckDBConnection;
  readonly copy: DuckDBConnection;
}

interface FillingBatch {
  readonly table: string;
  readonly appender: DuckDBAppender;
}
