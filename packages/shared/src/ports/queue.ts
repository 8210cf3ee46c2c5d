import type { Message } from '../contracts/message.ts';
import type { Stage } from '../core/task.ts';

export interface Job {
  readonly id: string;
  readonly message: Message;
}

/** `open`: waiting, put aside for a while, or running. */
export type JobState = 'missing' | 'open' | 'completed' | 'failed';

/** At-least-once dispatch. Losing every job loses no data: the reconciler adds them again. */
export interface TaskQueue {
  /** Adding an id that is present is a no-op. Throws `redis_unavailable` within a bound instead of waiting for Redis. */
  add(stage: Stage, jobs: readonly Job[]): Promise<void>;
  /** States of the jobs in their order; made for asking after thousands of them. */
  states(stage: Stage, ids: readonly string[]): Promise<JobState[]>;
  /** Jobs waiting and running per stage. */
  depth(stage: Stage): Promise<{ waiting: number; running: number }>;
  /** When the job was added that has waited longest of those that are next; null when none waits. */
  oldestAt(stage: Stage): Promise<string | null>;
  close(): Promise<void>;
}
