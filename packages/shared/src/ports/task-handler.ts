import type { Manifest, TaskResult } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRequest } from '../core/run.ts';
import type { Task } from '../core/task.ts';
import type { Bucket } from './bucket.ts';

/** What a task's handler is given. It reads and writes objects; its worker commits the result as the manifest. */
export interface TaskContext<T extends Task = Task> {
  readonly plan: Plan;
  readonly request: RunRequest;
  readonly task: T;
  /** Manifests of all tasks this one depends on, by task id. */
  readonly inputs: ReadonlyMap<string, Manifest>;
  readonly bucket: Bucket;
  /** Unique per try; to be part of the key of every object the try writes. */
  readonly attempt: string;
  /** Ends when the worker must stop: the handler should end soon, by throwing. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TaskProgress) => void;
}

/** Counts so far of one task, for display. */
export interface TaskProgress {
  readonly rows: number;
  readonly batches: number;
  readonly rejected: number;
  /** What the task waits for since the counts changed last, in words for people. */
  readonly heldUpBy?: string;
}

export type TaskHandler<T extends Task = Task> = (context: TaskContext<T>) => Promise<TaskResult>;
