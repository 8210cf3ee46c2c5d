import { createHash, randomBytes } from 'node:crypto';

import { writeJson } from '../contracts/read-json.ts';
import { readRequest } from '../contracts/run-files.ts';
import { bucketLayout, jobId } from '../core/bucket-layout.ts';
import { fail, type MillraceError } from '../core/errors.ts';
import type { ReplayRequest } from '../core/replay.ts';
import { makeRunId, type RunRequest } from '../core/run.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { Job, TaskQueue } from '../ports/queue.ts';
import type { Deployed } from './deploy.ts';

export interface RunWish extends Deployed {
  readonly trigger: RunRequest['trigger'];
  /** With the same key, a pipeline runs once: the second wish gets the first one's run. */
  readonly key: string | null;
  /** Read all inputs, also those that did not change. Default false. */
  readonly full?: boolean;
  readonly replay?: ReplayRequest;
}

/**
 * Asks for a run: writes the request into the bucket, then enqueues it. A crash between the two costs seconds: the
 * reconciler finds a request without a job.
 * @returns the run, and whether its key had been used before
 * @throws `replay_running` when another command has requested the next replay of the same run meanwhile
 */
export async function requestRun(
  bucket: Bucket,
  queue: TaskQueue,
  wish: RunWish,
): Promise<{ run: string; already: boolean }> {
  const requestedAt = new Date().toISOString();
  const fresh: RunRequest = {
    v: 1,
    run: makeRunId(requestedAt, randomBytes(4).toString('hex')),
    pipeline: wish.pipeline,
    bundle: wish.bundle,
    requestedAt,
    trigger: wish.trigger,
    key: wish.key,
    full: wish.full ?? false,
    replay: wish.replay ?? null,
  };
  const request = wish.key === null ? fresh : await claimKey(bucket, wish.key, fresh);
  if (request.replay !== null) await claimReplay(bucket, request, request.replay);
  await bucket.createIfAbsent(bucketLayout.request(request.run), writeJson(request));
  await queue.add('extract', [planJob(request, 1, 1)]);
  return { run: request.run, already: request.run !== fresh.run };
}

/** The job that makes a run's plan; `plan` stands where tasks have their id. */
export function planJob(request: RunRequest, generation: number, round: number): Job {
  return {
    id: jobId(request.run, 'plan', generation, round),
    message: {
      v: 1,
      type: 'run_requested',
      run: request.run,
      round,
      pipeline: request.pipeline,
      bundle: request.bundle,
    },
  };
}

/** The run that has been requested with a key; null while its request is not there, which asking again mends. */
export async function runOfKey(bucket: Bucket, pipeline: string, runKey: string): Promise<string | null> {
  const object = keyObject(pipeline, runKey);
  const content = await bucket.read(object);
  if (content === null) return null;
  const { run } = readRequest(content, object);
  return (await bucket.exists(bucketLayout.request(run))) ? run : null;
}

function keyObject(pipeline: string, runKey: string): string {
  return bucketLayout.runKey(pipeline, createHash('sha256').update(runKey).digest('hex'));
}

/** The key's object holds the whole request, so that a crash right after it loses nothing. */
async function claimKey(bucket: Bucket, runKey: string, fresh: RunRequest): Promise<RunRequest> {
  const object = keyObject(fresh.pipeline, runKey);
  if (await bucket.createIfAbsent(object, writeJson(fresh))) return fresh;
  const content = await bucket.read(object);
  if (content === null)
    throw fail('bucket_unavailable', { message: 'A run key vanished while it was read.', where: object });
  return readRequest(content, object);
}

/** Of several commands that would replay the same records, one creates this object; the others get nothing. */
async function claimReplay(bucket: Bucket, request: RunRequest, replay: ReplayRequest): Promise<void> {
  const object = bucketLayout.replay(replay.root, replay.sequence);
  if (await bucket.createIfAbsent(object, writeJson(request))) return;
  const claimed = await bucket.read(object);
  throw replayRunning(replay.root, claimed === null ? null : readRequest(claimed, object).run);
}

export function replayRunning(root: string, run: string | null): MillraceError {
  const by = run === null ? '' : ` by run ${run}`;
  return fail('replay_running', {
    message: `Rejects of run ${root} are being replayed${by}, which has not ended.`,
    where: `run ${root}`,
    hint: run === null ? 'Wait for it.' : `Wait for it: \`millrace watch ${run}\`.`,
  });
}
