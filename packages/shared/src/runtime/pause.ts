import { readPauseFile } from '../contracts/paused-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { isMillraceError } from '../core/errors.ts';
import type { Pause } from '../core/wait.ts';
import type { Bucket } from '../ports/bucket.ts';

/** Null when nobody has ever paused it. */
export function readPause(bucket: Bucket, pipeline: string): Promise<Pause | null> {
  return readPauseAt(bucket, bucketLayout.paused(pipeline));
}

/** Null when nobody has ever paused the pipeline's schedule. */
export function readSchedulePause(bucket: Bucket, pipeline: string): Promise<Pause | null> {
  return readPauseAt(bucket, bucketLayout.schedulePaused(pipeline));
}

async function readPauseAt(bucket: Bucket, key: string): Promise<Pause | null> {
  const content = await bucket.read(key);
  return content === null ? null : readPauseFile(content, key);
}

export type PauseWish = Pick<Pause, 'paused' | 'by' | 'reason'>;

/** What holds now, and whether this call changed it. */
export interface PauseChange {
  readonly pause: Pause | null;
  readonly changed: boolean;
}

/** Holds the tasks of a pipeline back, or lets them go on. What it is already, it stays, with who said so first. */
export function setPause(bucket: Bucket, pipeline: string, wish: PauseWish): Promise<PauseChange> {
  return setPauseAt(bucket, bucketLayout.paused(pipeline), wish);
}

/** The same for its schedule alone: runs that somebody asks for go on. */
export function setSchedulePause(bucket: Bucket, pipeline: string, wish: PauseWish): Promise<PauseChange> {
  return setPauseAt(bucket, bucketLayout.schedulePaused(pipeline), wish);
}

async function setPauseAt(bucket: Bucket, key: string, wish: PauseWish): Promise<PauseChange> {
  const before = await readPauseAt(bucket, key).catch((error: unknown) => {
    // Saying it anew is how a person mends the file.
    if (isMillraceError(error) && error.code === 'record_corrupt') return undefined;
    throw error;
  });
  if (before !== undefined && (before?.paused ?? false) === wish.paused)
    return { pause: before, changed: false };
  const pause: Pause = { v: 1, ...wish, changedAt: new Date().toISOString() };
  await bucket.replace(key, writeJson(pause));
  return { pause, changed: true };
}
