import { setImmediate } from 'node:timers/promises';

import type { BatchReference } from '../core/batch.ts';
import type { Bucket } from '../ports/bucket.ts';

/** Objects verified at once: reading a large one waits for the disk in part. */
const OPEN_AT_ONCE = 8;

/**
 * Verifies size and hash of all these objects. Gives their local paths in the order of the references. Others get to
 * work in between: there may be thousands, and a worker has to renew its lock.
 */
export async function openBatches(
  bucket: Bucket,
  batches: readonly BatchReference[],
  signal: AbortSignal,
): Promise<string[]> {
  const paths: string[] = [];
  for (let start = 0; start < batches.length; start += OPEN_AT_ONCE) {
    signal.throwIfAborted();
    const group = batches.slice(start, start + OPEN_AT_ONCE);
    paths.push(...(await Promise.all(group.map((batch) => bucket.open(batch)))));
    await setImmediate();
  }
  return paths;
}

/**
 * Does work that reads objects which were verified. When it fails, they are verified once more: one that was damaged or
 * removed in between is named, and not what an engine makes of it.
 */
export async function overBatches<T>(
  bucket: Bucket,
  batches: readonly BatchReference[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await openBatches(bucket, batches, signal);
    throw error;
  }
}
