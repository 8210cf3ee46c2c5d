import type { BatchReference } from '../core/batch.ts';
import { fail } from '../core/errors.ts';
import type { Bucket, Draft, NewBatch } from '../ports/bucket.ts';
import { footerRows, readFooterRows } from './parquet-footer.ts';

/**
 * Seals a Parquet object whose writer counted `rows`. Throws `conservation_broken` when the object itself says
 * otherwise: then nothing may ever refer to it.
 * @param key of the object, for messages
 */
export async function sealBatch(draft: Draft, key: string, rows: number): Promise<BatchReference> {
  requireRows(key, rows, await footerOf(draft, key));
  return draft.seal(rows);
}

async function footerOf(draft: Draft, key: string): Promise<number | null> {
  try {
    return await readFooterRows(draft.path);
  } catch (error) {
    throw fail('bucket_unavailable', {
      message: `What was just written cannot be read again: ${error instanceof Error ? error.message : String(error)}.`,
      where: key,
      hint: 'Look at the disk of the bucket and the system log. Nothing refers to the object.',
      cause: error,
    });
  }
}

/** The same for objects in memory: all of them become objects of the bucket, or none. */
export async function sealBatches(
  bucket: Bucket,
  batches: readonly NewBatch[],
  signal?: AbortSignal,
): Promise<BatchReference[]> {
  for (const { key, rows, content } of batches) requireRows(key, rows, footerRows(content));
  return bucket.createBatches(batches, signal);
}

function requireRows(key: string, rows: number, stored: number | null): void {
  if (stored === rows) return;
  throw fail('conservation_broken', {
    message: `${rows} rows were given to be written, and the object has ${stored ?? 'no readable metadata'}.`,
    where: key,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
