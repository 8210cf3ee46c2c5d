import type { Message } from '../contracts/message.ts';
import type { Stage } from '../core/task.ts';

export interface Job {
  readonly id: string;
  readonly message: Message;
}

export type JobState = 'missing' | 'waiting' | 'running' | 'completed' | 'failed';

/** At-least-once dispatch. Losing every job loses no data: the reconciler adds them again. */
export interface TaskQueue {
  /** Adding an id that is present is a no-op. Throws `redis_unavailable` within a bound instead of waiting for Redis. */
  add(stage: Stage, jobs: readonly Job[]): Promise<void>;
  state(stage: Stage, id: string): Promise<JobState>;
  /** Jobs waiting and running per stage. */
  depth(stage: Stage): Promise<{ waiting: number; running: number }>;
  close(): Promise<void>;
}
