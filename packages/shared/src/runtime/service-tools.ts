import type { Bucket } from '../ports/bucket.ts';
import type { TaskQueue } from '../ports/queue.ts';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import type { RunEvents } from './run-events.ts';
import type { RunStore } from './run-store.ts';
import type { RunTraces } from './run-traces.ts';

/** What everything in one worker process shares. */
export interface ServiceTools {
  readonly bucket: Bucket;
  readonly store: RunStore;
  readonly queue: TaskQueue;
  /** Id of this worker. */
  readonly worker: string;
  readonly logger: Logger;
  readonly config: Config;
  /** Missing where nobody has asked for events. */
  readonly events?: RunEvents | null;
  /** Likewise. */
  readonly traces?: RunTraces | null;
}
