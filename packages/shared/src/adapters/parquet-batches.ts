import type { DuckDBConnection } from '@duckdb/node-api';

import type { BatchReference } from '../core/batch.ts';
import { releaseBlock } from '../core/columns/column-store.ts';
import type { StoreColumn } from '../core/columns/create-column.ts';
import { MemoryPool } from '../core/columns/memory-pool.ts';
import { TableStore, type TableBlock } from '../core/columns/table-store.ts';
import { ParquetEncoder } from '../core/parquet/parquet-encoder.ts';
import type { TypedCell } from '../core/typed-cell.ts';
import type { Bucket, Draft, NewBatch } from '../ports/bucket.ts';
import { createBlockSource, type BlockSource } from './duckdb-block-source.ts';
import { bucketError, copyToParquetSql, type Engine } from './duckdb.ts';
import { sealBatch, sealBatches } from './seal-batch.ts';

export interface BatchTarget {
  readonly bucket: Bucket;
  readonly engine: Engine;
  /** Key of the object with this 0-based index. */
  readonly newKey: (index: number) => string;
  /** Where the memory of rows comes from; by default a pool of its own. */
  readonly pool?: MemoryPool;
  /** A batch ends with the row that reaches either limit. */
  readonly batch: { readonly rows: number; readonly bytes: number };
  /** Ends the creation of batches early. Whoever gives rows has to heed it himself. */
  readonly signal?: AbortSignal;
}

export interface WrittenBatches {
  readonly batches: BatchReference[];
  readonly rows: number;
}

/** A batch up to this size is encoded here; for a larger one DuckDB is set up, and makes less of it. */
const SMALL = { rows: 2048, bytes: 512 * 1024 } as const;
/** Small batches wait for others, to be created together; either limit ends that. */
const GROUP = { batches: 256, bytes: 4 * 1024 * 1024 } as const;

/** The row of the store before which a batch ends. How large it is depends on nothing but its rows. */
interface BatchEnd {
  readonly to: number;
  readonly isSmall: boolean;
}

/**
 * Writes the rows of a store as Parquet objects. The same rows in the same order give the same batches, however they
 * came into the store. While one block is sealed the next is written, and one more is filled.
 */
export class BatchWriter {
  /** Where the rows are put; what is committed there is taken by `drain`. */
  readonly store: TableStore;
  private readonly columns: readonly StoreColumn[];
  private readonly target: BatchTarget;
  private readonly pool: MemoryPool;
  private readonly encoder: ParquetEncoder;
  private readonly batches: BatchReference[] = [];
  private connection: Promise<WriterConnection> | null = null;
  private writing: Promise<void> = Promise.resolve();
  private sealing: Promise<void> = Promise.resolve();
  private atWork = 0;
  private released = false;
  /** Batches of which the objects were begun. */
  private begun = 0;
  /** Where the batches in the store end, the bytes of them, and the rows and bytes behind the last. */
  private ends: BatchEnd[] = [];
  private endedBytes = 0;
  private measured = 0;
  private openRows = 0;
  private openBytes = 0;
  private totalRows = 0;

  constructor(columns: readonly StoreColumn[], target: BatchTarget) {
    this.columns = columns;
    this.target = target;
    this.pool = target.pool ?? new MemoryPool();
    this.store = new TableStore(columns, this.pool);
    this.encoder = new ParquetEncoder(columns);
  }

  /** Batches that are objects in the bucket by now. */
  get sealed(): number {
    return this.batches.length;
  }

  /** Rows that were committed so far. */
  get rows(): number {
    return this.totalRows + this.store.rows;
  }

  /** Whether other threads are at work. */
  get isWriting(): boolean {
    return this.atWork > 0;
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
    const { ends } = this;
    const last = ends.at(-1);
    if (last === undefined) return null;
    const mayWait = last.isSmall && ends.length < GROUP.batches && this.endedBytes < GROUP.bytes;
    return mayWait ? null : this.hand(last.to);
  }

  /** Ends the last batch. No rows give no batch. */
  async finish(): Promise<WrittenBatches> {
    try {
      this.measure();
      if (this.openRows > 0) this.endBatch();
      const last = this.ends.at(-1);
      if (last !== undefined) await this.hand(last.to);
      await this.writing;
      await this.sealing;
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
    while (this.measured < store.rows) {
      this.openRows += 1;
      this.openBytes += store.bytesOf(this.measured);
      this.measured += 1;
      if (this.openRows >= batch.rows || this.openBytes >= batch.bytes) this.endBatch();
    }
  }

  private endBatch(): void {
    const isSmall = this.openRows <= SMALL.rows && this.openBytes <= SMALL.bytes;
    this.ends.push({ to: this.measured, isSmall });
    this.endedBytes += this.openBytes;
    this.openRows = 0;
    this.openBytes = 0;
  }

  private async hand(end: number): Promise<void> {
    // Awaited before the next is handed over: at most one block is written while one is filled.
    await this.writing;
    const block = this.store.take(end);
    const { ends } = this;
    this.ends = [];
    this.endedBytes = 0;
    this.measured -= end;
    this.totalRows += end;
    this.writing = this.working(this.write(block, ends));
  }

  private async write(block: TableBlock, ends: readonly BatchEnd[]): Promise<void> {
    let group: NewBatch[] = [];
    let from = 0;
    for (const { to, isSmall } of ends) {
      if (isSmall) {
        group.push({ key: this.nextKey(), rows: to - from, content: this.encoder.encode(block, from, to) });
      } else {
        await this.sealGroup(group);
        group = [];
        await this.writeBatch(block, from, to);
      }
      from = to;
    }
    for (const column of block.columns) releaseBlock(column, this.pool);
    await this.sealGroup(group);
  }

  private async writeBatch(block: TableBlock, from: number, to: number): Promise<void> {
    this.connection ??= this.connect();
    const { connection, source } = await this.connection;
    const key = this.nextKey();
    const draft = await this.target.bucket.draft(key);
    try {
      source.offer(block, from, to);
      await connection.run(copyToParquetSql(`FROM ${source.sql}`, draft.path));
      await this.sealing;
    } catch (error) {
      await draft.discard();
      const explained = this.target.engine.explain(error);
      throw bucketError(explained, key) ?? explained;
    }
    this.sealing = this.working(this.sealDraft(draft, key, to - from));
  }

  private async sealDraft(draft: Draft, key: string, rows: number): Promise<void> {
    try {
      this.batches.push(await sealBatch(draft, key, rows));
    } catch (error) {
      await draft.discard();
      throw error;
    }
  }

  private async sealGroup(group: readonly NewBatch[]): Promise<void> {
    if (group.length === 0) return;
    await this.sealing;
    const sealing = sealBatches(this.target.bucket, group, this.target.signal);
    this.sealing = this.working(sealing.then((sealed) => void this.batches.push(...sealed)));
  }

  /** The failure is thrown by whoever awaits the work next; until then it must not end the process. */
  private working(work: Promise<void>): Promise<void> {
    this.atWork += 1;
    const ended = work.finally(() => {
      this.atWork -= 1;
    });
    ended.catch(() => undefined);
    return ended;
  }

  private nextKey(): string {
    this.begun += 1;
    return this.target.newKey(this.begun - 1);
  }

  private async connect(): Promise<WriterConnection> {
    const { engine } = this.target;
    const connection = await engine.connect();
    return { connection, source: createBlockSource(connection, engine.uniqueName('block'), this.columns) };
  }

  private async close(): Promise<void> {
    // A connection must not be closed under the native thread that works on it.
    await this.writing.catch(() => undefined);
    await this.sealing.catch(() => undefined);
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
