import type { Wait } from '@millrace/shared/core/wait';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { readPause } from '@millrace/shared/runtime/pause';

/** What a run of this pipeline will wait for, if the pipeline is paused now. */
export async function pausedWait(bucket: Bucket, pipeline: string): Promise<Wait | null> {
  const pause = await readPause(bucket, pipeline);
  return pause?.paused === true ? { reason: 'pipeline_paused', pipeline, pause } : null;
}
