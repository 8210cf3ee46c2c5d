import { writeJson } from '../contracts/read-json.ts';
import { readRequest } from '../contracts/run-files.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { fail } from '../core/errors.ts';
import type { ReplayRequest } from '../core/replay.ts';
import type { ReplayLayer } from '../core/replay-scope.ts';
import type { RunRequest } from '../core/run.ts';
import { TERMINAL_STATUSES } from '../core/status.ts';
import type { Bucket } from '../ports/bucket.ts';
import { replayRunning } from './request-run.ts';
import type { RunState, RunStore } from './run-store.ts';

/** What has become of the rejects of a run until now. */
export interface ReplayHistory {
  /** Number of the next replay. */
  readonly next: number;
  /** The published ones, in their order. */
  readonly after: readonly string[];
}

/**
 * The replays of a run, all of which have ended. A replay whose command died before it had written its request is
 * requested here: its claim holds the whole request, and the reconciler finds the request without a job.
 * @throws `replay_running` when the last one has not ended
 */
export async function readReplayHistory(
  bucket: Bucket,
  store: RunStore,
  root: string,
): Promise<ReplayHistory> {
  const after: string[] = [];
  const claims = await readClaims(bucket, root);
  for (const claim of claims) {
    if (await bucket.createIfAbsent(bucketLayout.request(claim.run), writeJson(claim)))
      throw replayRunning(root, claim.run);
    const { status } = await store.load(claim.run);
    if (!TERMINAL_STATUSES.includes(status)) throw replayRunning(root, claim.run);
    if (status === 'published') after.push(claim.run);
  }
  return { next: claims.length + 1, after };
}

async function readClaims(bucket: Bucket, root: string): Promise<RunRequest[]> {
  const claims: RunRequest[] = [];
  // The next is claimed only when this one is there, so the first that is missing is the end.
  for (;;) {
    const key = bucketLayout.replay(root, claims.length + 1);
    const content = await bucket.read(key);
    if (content === null) return claims;
    claims.push(readRequest(content, key));
  }
}

/** The root and its published replays, as the scope of a further one is told from. */
export async function readReplayLayers(
  store: RunStore,
  { root, after }: Pick<ReplayRequest, 'root' | 'after'>,
): Promise<ReplayLayer[]> {
  const layers: ReplayLayer[] = [];
  for (const run of [root, ...after]) layers.push(layerOf(await store.load(run)));
  return layers;
}

function layerOf({ request, plan, manifests }: RunState): ReplayLayer {
  if (plan === null) throw fail('bucket_unavailable', { message: `The plan of run ${request.run} is gone.` });
  return { plan, manifests, replay: request.replay };
}
