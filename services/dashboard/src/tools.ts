import type { Bucket } from '@millrace/shared/ports/bucket';
import type { TaskQueue } from '@millrace/shared/ports/queue';
import type { Config } from '@millrace/shared/runtime/config';
import type { Logger } from '@millrace/shared/runtime/logger';
import type { RunStore } from '@millrace/shared/runtime/run-store';
import type { Redis } from 'ioredis';

import type { Gate } from './access/gate.ts';
import type { EventHub } from './live/event-hub.ts';
import type { QueueFeed } from './live/queue-feed.ts';
import type { RunFeed } from './live/run-feed.ts';
import type { RunList } from './live/run-list.ts';
import type { WorkerView } from './live/worker-view.ts';

/** What the routes share. */
export interface DashboardTools {
  readonly config: Config;
  readonly logger: Logger;
  readonly bucket: Bucket;
  readonly redisUrl: string;
  /** Commands fail at once while Redis is away. */
  readonly redis: Redis;
  readonly queue: TaskQueue;
  /** For what is asked of single runs; those that are watched have a memory of their own. */
  readonly store: RunStore;
  readonly gate: Gate;
  readonly workers: WorkerView;
  readonly queues: QueueFeed;
  readonly runs: RunFeed;
  readonly list: RunList;
  readonly events: EventHub;
  /** Person and machine, for records of what was asked by hand. */
  readonly by: string;
}
