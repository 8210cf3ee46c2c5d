import type { DuckDBConnection } from '@duckdb/node-api';

import type { BatchReference } from '../core/batch.ts';
import { releaseBlock } from '../core/columns/column-store.ts';
import type { StoreColumn } from '../core/columns/create-column.ts';
import { MemoryPool } from '../core/columns/memory-pool.ts';
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
  /** Where the memory of rows comes from; by default a pool of its own. */
  readonly pool?: MemoryPool;
  /** A batch ends with the row that reaches either limit. */
  readonly batch: { readonly rows: number; readonly bytes: number };
}

export interface WrittenBatches {
  readonly batches: BatchReference[];
  readonly rows: number;
}

/**
 * Writes the rows of a store as Parquet objects. The same rows in the same order give the same batches, however they
 * came into the store. While native threads write one block the next is filled, so memory holds two.
 */
export class BatchWriter {
  /** Where the rows are put; what is committed there is taken by `drain`. */
  readonly store: TableStore;
  private readonly columns: readonly StoreColumn[];
  private readonly target: BatchTarget;
  private readonly pool: MemoryPool;
  private readonly batches: BatchReference[] = [];
  private connection: Promise<WriterConnection> | null = null;
  private writing: Promise<void> = Promise.resolve();
  private atWork = false;
  private released = false;
  /** Rows of the store at which its batches end, and the rows and bytes behind the last of them. */
  private ends: number[] = [];
  private measured = 0;
  private openRows = 0;
  private openBytes = 0;
  private totalRows = 0;

  constructor(columns: readonly StoreColumn[], target: BatchTarget) {
    this.columns = columns;
    this.target = target;
    this.pool = target.pool ?? new MemoryPool();
    this.store = new TableStore(columns, this.pool);
  }

  /** Batches that are objects in the bucket by now. */
  get sealed(): number {
    return this.batches.length;
  }

  /** Rows that were committed so far. */
  get rows(): number {
    return this.totalRows + this.store.rows;
  }

  /** Whether native threads are at work. */
  get isWriting(): boolean {
    return this.atWork;
  }

  /** Puts rows into the store, a row after the other, and drains it. */
  async append(rows: readonly (readonly (TypedCell | Uint8Array)[])[]): Promise<void> {
    for (const row of rows) {
      this.store.append(row);
      this.store.commit();
      const draining = this.drain();
      if (draining !== null) await draining;
    }
  }

  /**
   * Takes the batches that are full out of the store. To be called now and then, between records.
   * @returns null when there is nothing to wait for. The promise throws the failure of an earlier batch too, for
   * batches are written in the background
   */
  drain(): Promise<void> | null {
    this.measure();
    const end = this.ends.at(-1);
    return end === undefined ? null : this.hand(end);
  }

  /** Ends the last batch. No rows give no batch. */
  async finish(): Promise<WrittenBatches> {
    try {
      this.measure();
      if (this.openRows > 0) this.ends.push(this.store.rows);
      const end = this.ends.at(-1);
      if (end !== undefined) await this.hand(end);
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

  /** Finds the rows with which batches end among those that came since the last time. */
  private measure(): void {
    const { batch } = this.target;
    const { store } = this;
    for (; this.measured < store.rows; this.measured += 1) {
      this.openRows += 1;
      this.openBytes += store.bytesOf(this.measured);
      if (this.openRows < batch.rows && this.openBytes < batch.bytes) continue;
      this.ends.push(this.measured + 1);
      this.openRows = 0;
      this.openBytes = 0;
    }
  }

  private async hand(end: number): Promise<void> {
    // Awaited before the next is handed over: at most one block is written while one is filled.
    await this.writing;
    const block = this.store.take(end);
    const { ends } = this;
    this.ends = [];
    this.measured -= end;
    this.totalRows += end;
    this.atWork = true;
    this.writing = this.write(block, ends).finally(() => {
      this.atWork = false;
    });
    // The failure is thrown by whoever awaits `writing` next; until then it must not end the process.
    this.writing.catch(() => undefined);
  }

  private async write(block: TableBlock, ends: readonly number[]): Promise<void> {
    this.connection ??= this.connect();
    const { connection, source } = await this.connection;
    let from = 0;
    for (const to of ends) {
      source.offer(block, from, to);
      await this.writeBatch(connection, source, to - from);
      from = to;
    }
    for (const column of block.columns) releaseBlock(column, this.pool);
  }

  private async writeBatch(connection: DuckDBConnection, source: BlockSource, rows: number): Promise<void> {
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

  private async connect(): Promise<WriterConnection> {
    const { engine } = this.target;
    const connection = await engine.connect();
    return { connection, source: createBlockSource(connection, engine.uniqueName('block'), this.columns) };
  }

  private async close(): Promise<void> {
    // A connection must not be closed under the native thread that works on it.
    await this.writing.catch(() => undefined);
    if (!this.released) this.store.release();
    this.released = true;
    const { connection } = this;
    this.connection = null;
    if (connection !== null) (await connection).connection.closeSync();
  }
}

interface WriterConnection {
  readonly connection: DuckDBConnection;
  readonly source: BlockSource;
}
