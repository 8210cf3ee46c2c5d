import { isMillraceError, type ErrorCode } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { HeldByRun } from '../core/wait.ts';
import type { RunStore } from './run-store.ts';

/** What unfinished runs hold, the oldest first. As it was at most a moment ago. */
export type Outstanding = () => Promise<readonly HeldByRun[]>;

/** Every task asks, and all of one moment may have the same answer. */
const FRESH_MS = 1000;
/** With thousands of unfinished runs asking takes long: then it is done less often, at most a fifth of the time. */
const REST = 4;
const PARALLEL_RUNS = 16;
const UNREADABLE: readonly ErrorCode[] = ['message_invalid', 'message_too_new', 'record_corrupt'];

/** What is known of an unfinished run. Manifests never change, so each is read once. */
interface Counted {
  readonly pipeline: string;
  tasks: number | null;
  readonly manifests: Set<string>;
  sizeBytes: number;
}

/**
 * @param store used for nothing else, because asking after many runs drives others out of its memory
 * @param isPaused whether a pipeline is paused
 */
export function createOutstanding(
  store: RunStore,
  isPaused: (pipeline: string) => Promise<boolean>,
): Outstanding {
  const counted = new Map<string, Counted>();
  /** Published or cancelled. A failed run may be tried again, so it is looked at each time. */
  const ended = new Set<string>();
  let last: Promise<readonly HeldByRun[]> | null = null;
  let freshUntil = 0;

  return () => {
    if (last !== null && performance.now() < freshUntil) return last;
    const startedAt = performance.now();
    freshUntil = Number.POSITIVE_INFINITY;
    const measuring = measure().finally(() => {
      const endedAt = performance.now();
      freshUntil = endedAt + Math.max(FRESH_MS, REST * (endedAt - startedAt));
    });
    measuring.catch(() => {
      last = null;
    });
    last = measuring;
    return measuring;
  };

  async function measure(): Promise<readonly HeldByRun[]> {
    const open = (await store.list()).filter((run) => !ended.has(run)).reverse();
    const held: HeldByRun[] = [];
    const pauses = new Map<string, Promise<boolean>>();
    for (let at = 0; at < open.length; at += PARALLEL_RUNS) {
      const found = await Promise.all(open.slice(at, at + PARALLEL_RUNS).map((run) => countReadable(run)));
      for (const { run, pipeline, sizeBytes } of found.flatMap((one) => one ?? [])) {
        const paused = pauses.get(pipeline) ?? isPaused(pipeline);
        pauses.set(pipeline, paused);
        held.push({ run, sizeBytes, paused: await paused });
      }
    }
    return held;
  }

  /** A run whose files cannot be read must not stop the others; the reconciler says which it is and why. */
  async function countReadable(run: string) {
    try {
      return await count(run);
    } catch (error) {
      if (isMillraceError(error) && UNREADABLE.includes(error.code)) return null;
      throw error;
    }
  }

  /** Null for a run that has ended, and for one that is being requested at this moment. */
  async function count(run: string): Promise<{ run: string; pipeline: string; sizeBytes: number } | null> {
    const [decision, failure, done] = await Promise.all([
      store.decision(run),
      store.failure(run, await store.round(run)),
      store.done(run),
    ]);
    if (decision?.decision === 'cancel') return forget(run);
    if (failure !== null) return null;
    const known = counted.get(run) ?? (await begin(run));
    if (known === null) return null;
    known.tasks ??= done.size === 0 ? null : ((await store.plan(run))?.tasks.length ?? null);
    if (known.tasks === done.size) return forget(run);
    const fresh = [...done].filter((task) => !known.manifests.has(task));
    for (const [task, manifest] of await store.manifests(run, fresh)) {
      known.manifests.add(task);
      known.sizeBytes += ownBytes(manifest);
    }
    return { run, pipeline: known.pipeline, sizeBytes: known.sizeBytes };
  }

  async function begin(run: string): Promise<Counted | null> {
    const request = await store.request(run);
    if (request === null) return null;
    const known: Counted = { pipeline: request.pipeline, tasks: null, manifests: new Set(), sizeBytes: 0 };
    counted.set(run, known);
    return known;
  }

  function forget(run: string): null {
    ended.add(run);
    counted.delete(run);
    return null;
  }
}

/** Batches that were taken over belong to another run and take no space of this one. */
function ownBytes({ extracted, outputs }: Manifest): number {
  if ((extracted?.reused ?? null) !== null) return 0;
  const batches = outputs.flatMap((output) => output.batches);
  return batches.reduce((sum, { bytes }) => sum + bytes, 0);
}
