import { readPauseFile } from '../contracts/paused-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { isMillraceError } from '../core/errors.ts';
import type { Pause } from '../core/wait.ts';
import type { Bucket } from '../ports/bucket.ts';

/** Null when nobody has ever paused it. */
export async function readPause(bucket: Bucket, pipeline: string): Promise<Pause | null> {
  const key = bucketLayout.paused(pipeline);
  const content = await bucket.read(key);
  return content === null ? null : readPauseFile(content, key);
}

/**
 * Holds the tasks of a pipeline back, or lets them go on. What it is already, it stays, with who said so first.
 * @returns what holds now, and whether this call changed it
 */
export async function setPause(
  bucket: Bucket,
  pipeline: string,
  wish: Pick<Pause, 'paused' | 'by' | 'reason'>,
): Promise<{ pause: Pause | null; changed: boolean }> {
  const before = await readPause(bucket, pipeline).catch((error: unknown) => {
    // Saying it anew is how a person mends the file.
    if (isMillraceError(error) && error.code === 'record_corrupt') return undefined;
    throw error;
  });
  if (before !== undefined && (before?.paused ?? false) === wish.paused)
    return { pause: before, changed: false };
  const pause: Pause = { v: 1, ...wish, changedAt: new Date().toISOString() };
  await bucket.replace(bucketLayout.paused(pipeline), writeJson(pause));
  return { pause, changed: true };
}
