import { hash } from 'node:crypto';
import { closeSync, linkSync, openSync, unlinkSync } from 'node:fs';
import path from 'node:path';

import type { BatchReference } from '../core/batch.ts';
import { fail } from '../core/errors.ts';
import type { NewBatch } from '../ports/bucket.ts';
import {
  hasErrno,
  makeFolder,
  removeFile,
  syncDescriptor,
  syncPath,
  temporaryBeside,
  writeWhole,
} from './durable-file.ts';

/** Syncs that wait for the disk at once; more would keep others from the few threads that Node has for files. */
const SYNCS_AT_ONCE = 8;

interface Placed extends NewBatch {
  readonly file: string;
  readonly temporary: string;
}

/**
 * Creates many small files as `createBatches` of a bucket promises. All content is synced before the first name
 * exists, and the folders once, after the last.
 */
export async function createFiles(
  batches: readonly NewBatch[],
  locate: (key: string) => string,
  signal?: AbortSignal,
): Promise<BatchReference[]> {
  const placed = batches.map((batch): Placed => {
    const file = locate(batch.key);
    return { ...batch, file, temporary: temporaryBeside(file) };
  });
  const folders = new Set(placed.map(({ file }) => path.dirname(file)));
  for (const folder of folders) await makeFolder(folder);
  await writeAll(placed, signal);
  linkAll(placed);
  for (const folder of folders) await syncPath(folder);
  return placed.map(({ key, rows, content }) => ({
    key,
    format: 'parquet',
    rows,
    bytes: content.byteLength,
    sha256: hash('sha256', content),
  }));
}

/** Leaves all temporary files written and synced, or none. */
async function writeAll(placed: readonly Placed[], signal?: AbortSignal): Promise<void> {
  const opened: number[] = [];
  try {
    try {
      for (const { temporary, content } of placed) {
        opened.push(openSync(temporary, 'wx'));
        writeWhole(opened.at(-1) as number, content);
      }
      await syncAll(opened, signal);
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
  } catch (error) {
    for (const { temporary } of placed.slice(0, opened.length)) removeFile(temporary);
    throw error;
  }
}

/** Waits for all that were begun even if one fails: they are closed after this. */
async function syncAll(descriptors: readonly number[], signal?: AbortSignal): Promise<void> {
  let next = 0;
  const syncing = Array.from({ length: SYNCS_AT_ONCE }, async () => {
    while (next < descriptors.length && signal?.aborted !== true)
      await syncDescriptor(descriptors[next++] as number);
  });
  const failed = (await Promise.allSettled(syncing)).find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  signal?.throwIfAborted();
}

/** Gives all files their names, or none. Temporary names are gone in both cases. */
function linkAll(placed: readonly Placed[]): void {
  let linked = 0;
  try {
    for (const { temporary, file, key } of placed) {
      linkNew(temporary, file, key);
      linked += 1;
    }
  } catch (error) {
    for (const { file } of placed.slice(0, linked)) unlinkSync(file);
    throw error;
  } finally {
    for (const { temporary } of placed) unlinkSync(temporary);
  }
}

function linkNew(temporary: string, file: string, key: string): void {
  try {
    linkSync(temporary, file);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
    throw fail('bucket_unavailable', { message: 'An object of that key exists already.', where: key });
  }
}
