/** What BullMQ keeps of how often something happened to the jobs of a queue. */
export interface MinuteCounts {
  /** Of the minutes before the one of `meta.prevTS`, the newest first. */
  readonly data: readonly number[];
  readonly meta: {
    /** How often in all. */
    readonly count: number;
    /** When it was last written down, in milliseconds since 1970; 0 if never. */
    readonly prevTS: number;
    /** What `count` was then. */
    readonly prevCount: number;
  };
}

const MINUTE_MS = 60_000;

/**
 * How often in each of the last `minutes`, the oldest first; the last one is not over. BullMQ writes minutes down only when
 * something happens, so those since it last did are added: what it counted since then, and minutes of nothing.
 */
export function lastMinutes({ data, meta }: MinuteCounts, minutes: number, nowMs: number): number[] {
  if (meta.prevTS === 0) return Array<number>(minutes).fill(0);
  const quiet = Math.floor(nowMs / MINUTE_MS) - Math.floor(meta.prevTS / MINUTE_MS);
  const idle = Array<number>(Math.max(0, Math.min(quiet, minutes))).fill(0);
  const newestFirst = [...idle, meta.count - meta.prevCount, ...data].slice(0, minutes);
  return Array.from({ length: minutes }, (_, index) => newestFirst[minutes - 1 - index] ?? 0);
}
