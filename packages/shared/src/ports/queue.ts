import type { Stage } from '../core/task.ts';

/** The message of a job: references only, never rows; under 2 KB as JSON. */
export type Message = RunRequestedMessage | TaskReadyMessage | RunEndedMessage;

/** Make the plan of a run. On the extract queue. */
export interface RunRequestedMessage {
  readonly v: 1;
  readonly type: 'run_requested';
  readonly run: string;
  readonly pipeline: string;
  readonly bundle: string;
}

/** Do one task of a run's plan. */
export interface TaskReadyMessage {
  readonly v: 1;
  readonly type: 'task_ready';
  readonly run: string;
  readonly task: string;
  readonly generation: number;
}

/** Write the record of a failed run into its destinations. On the load queue. */
export interface RunEndedMessage {
  readonly v: 1;
  readonly type: 'run_ended';
  readonly run: string;
}

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
