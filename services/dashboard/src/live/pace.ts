const LEAST_MS = 500;
const MOST_MS = 5000;
/** A look that takes long is taken less often, so that watching costs a run at most a fiftieth of a processor. */
const REST = 50;

/** How long to leave something alone after a look at it that took so long. */
export function restMs(tookMs: number): number {
  return Math.min(MOST_MS, Math.max(LEAST_MS, tookMs * REST));
}

export interface Paced<T> {
  look(): Promise<T>;
  /** The next to ask gets a new look: something was changed from here. */
  expire(): void;
}

/**
 * Makes a costly look at something cheap for many askers: who asks during a look, or shortly after it, gets its result.
 * @param take an error of it is not kept
 */
export function paced<T>(take: () => Promise<T>): Paced<T> {
  let last: Promise<T> | null = null;
  let freshUntil = 0;
  return {
    look() {
      if (last !== null && performance.now() < freshUntil) return last;
      const startedAt = performance.now();
      freshUntil = Number.POSITIVE_INFINITY;
      const looking = take();
      last = looking;
      const end = (isKept: boolean) => {
        if (last !== looking) return;
        freshUntil = performance.now() + restMs(performance.now() - startedAt);
        if (!isKept) last = null;
      };
      looking.then(
        () => end(true),
        () => end(false),
      );
      return looking;
    },
    expire() {
      last = null;
    },
  };
}
