import type { BatchReference } from '../core/batch.ts';
import type { StoredObject } from '../core/stored-object.ts';

/**
 * Where runs keep their plans, batches and manifests: a folder, later an S3 prefix. Keys are relative, with `/`.
 * Every method throws `bucket_unavailable` with path and cause when the store fails.
 */
export interface Bucket {
  /** The object's bytes, or null when there is none. */
  read(key: string): Promise<Uint8Array | null>;
  exists(key: string): Promise<boolean>;
  /** Bytes of the object, or null when there is none. */
  size(key: string): Promise<number | null>;
  /** Keys that begin with the prefix (which ends in `/`), direct children only; folders end in `/`. Sorted. */
  list(prefix: string): Promise<string[]>;
  /**
   * Creates the object unless it exists; durable when it returns. The first of several concurrent callers wins.
   * @returns whether this call created it
   */
  createIfAbsent(key: string, content: Uint8Array): Promise<boolean>;
  /** Writes or replaces a small object atomically. For pointers such as `deployed.json`, never for data. */
  replace(key: string, content: Uint8Array): Promise<void>;
  /**
   * Creates batches whose bytes are in memory: all of them, durable when it returns, or none. In the order given.
   * Throws if one of the keys exists already, and the signal's reason if the signal comes first: syncing hundreds can
   * take a slow disk longer than a process has that is told to stop. Made for hundreds of small ones, which one by one
   * would cost more to sync than to write.
   */
  createBatches(batches: readonly NewBatch[], signal?: AbortSignal): Promise<BatchReference[]>;
  /**
   * A path on the local disk where the caller writes a new object (for engines that write files themselves).
   * The object does not exist until `seal` has returned.
   */
  draft(key: string): Promise<Draft>;
  /** Bytes that can still be written, or null where there is no bound. */
  freeBytes(): Promise<number | null>;
  /**
   * Verifies size and sha256 of a batch and gives a local path to read it from.
   * Throws `batch_missing` or `batch_corrupt`, naming the object.
   */
  open(reference: BatchReference): Promise<string>;
  /** All that stands under a prefix (which ends in `/`) at any depth, also drafts. For pruning alone. */
  scan(prefix: string): Promise<StoredObject[]>;
  /**
   * Removes an object or a draft that `scan` has found, or a prefix (which ends in `/`) if nothing stands under it. That it
   * is gone already is no error. For pruning alone, which knows that nobody needs it.
   */
  remove(key: string): Promise<void>;
}

/** A Parquet object that is to be created. */
export interface NewBatch {
  readonly key: string;
  readonly rows: number;
  readonly content: Uint8Array;
}

export interface Draft {
  readonly path: string;
  /** Hashes and syncs the file, moves it to its key, syncs the folder. Throws if the key exists already. */
  seal(rows: number): Promise<BatchReference>;
  /** Removes what was written; safe to call after `seal` and when nothing was written. */
  discard(): Promise<void>;
}
