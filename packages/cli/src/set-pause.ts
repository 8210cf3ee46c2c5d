import { existsSync } from 'node:fs';

import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import { setPause } from '@millrace/shared/runtime/pause';

import { isPipelineName, readPipeline } from './find-pipeline.ts';
import { openLocalBucket } from './local-bucket.ts';
import { localConfig } from './local-config.ts';
import type { Terminal } from './terminal.ts';
import { whoAsks } from '@millrace/shared/runtime/who-asks';

/** Pauses a pipeline or lets it go on, and says so. Repeating it changes nothing. Throws `pipeline_not_found`. */
export async function pauseOrUnpause(
  terminal: Terminal,
  given: string,
  wish: { readonly paused: boolean; readonly reason: string | null },
): Promise<void> {
  const config = localConfig();
  const pipeline = await pipelineName(given, config);
  const bucket = await openLocalBucket(config);
  const { pause, changed } = await setPause(bucket, pipeline, { ...wish, by: whoAsks() });
  const status = wish.paused ? 'paused' : 'unpaused';
  if (terminal.json) {
    const { by = null, changedAt = null, reason = null } = pause ?? {};
    terminal.printJson({ pipeline, status, changed, by, changed_at: changedAt, reason });
    return;
  }
  terminal.print(
    changed ? `${status} ${pipeline}` : `${pipeline} is ${wish.paused ? 'paused already' : 'not paused'}`,
  );
  if (wish.paused) {
    terminal.print(
      '  what has begun is finished; other tasks wait, and runs can be requested',
      `  let it go on with: ${terminal.own} unpause ${pipeline}`,
    );
  }
}

/** A pipeline that ran here is known by its name, whatever has become of its folder since. */
async function pipelineName(given: string, config: Config): Promise<string> {
  if (
    isPipelineName(given) &&
    existsSync(config.bucket) &&
    (await isKnown(await openLocalBucket(config), given))
  )
    return given;
  return (await readPipeline(given, config)).pipeline;
}

async function isKnown(bucket: Bucket, pipeline: string): Promise<boolean> {
  return (await bucket.list(bucketLayout.bundles(pipeline))).length > 0;
}
