import type { AddressInfo } from 'node:net';

import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { connectLasting } from '@millrace/shared/adapters/redis-connection';
import { hasErrno } from '@millrace/shared/adapters/durable-file';
import { fail } from '@millrace/shared/core/errors';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import type { Logger } from '@millrace/shared/runtime/logger';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { createWaiting } from '@millrace/shared/runtime/waiting';
import { whoAsks } from '@millrace/shared/runtime/who-asks';
import type { FastifyInstance } from 'fastify';

import { createGate } from './access/gate.ts';
import { buildApp } from './app.ts';
import type { DashboardConfig } from './config.ts';
import { createEventHub } from './live/event-hub.ts';
import { createQueueFeed } from './live/queue-feed.ts';
import { createRunFeed } from './live/run-feed.ts';
import { createRunList } from './live/run-list.ts';
import { createWorkerView } from './live/worker-view.ts';
import type { DashboardTools } from './tools.ts';

export interface DashboardOptions {
  readonly config: Config;
  readonly dashboard: DashboardConfig;
  readonly logger: Logger;
  readonly bucket: Bucket;
}

export interface Dashboard {
  readonly url: string;
  stop(): Promise<void>;
}

const USUAL_PORT = 4700;

/** @throws `config_invalid` without a REDIS_URL, and where its address cannot be listened on */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const tools = await createTools(options);
  const app = await buildApp(tools);
  const url = await listen(app, options.dashboard);
  return {
    url,
    async stop() {
      // First: open streams of events would hold the server up.
      tools.events.close();
      await app.close();
      await closeTools(tools);
    },
  };
}

/** What is asked of Redis and the bucket, for all routes together. */
export async function createTools(options: DashboardOptions): Promise<DashboardTools> {
  const { config, dashboard, logger, bucket } = options;
  const { redisUrl, queuePrefix: prefix } = config;
  if (redisUrl === null) {
    throw fail('config_invalid', {
      message: 'REDIS_URL is not set.',
      hint: 'The dashboard needs the Redis of its stack; `millrace up` starts both.',
    });
  }
  const redis = connectLasting(redisUrl);
  const queue = await connectQueue({ redisUrl, prefix, attempts: config.attempts, connection: redis });
  const store = createRunStore(bucket);
  const workers = createWorkerView(redis, prefix);
  const runs = createRunFeed(createRunStore(bucket), createWaiting(bucket, store, config), workers);
  return {
    config,
    logger,
    bucket,
    redisUrl,
    redis,
    queue,
    store,
    gate: await createGate(dashboard),
    workers,
    queues: createQueueFeed(redis, prefix),
    runs,
    list: createRunList(createRunStore(bucket), runs),
    events: createEventHub(),
    by: `dashboard of ${whoAsks()}`,
  };
}

export async function closeTools({ events, queues, queue, redis }: DashboardTools): Promise<void> {
  events.close();
  await queues.close();
  await queue.close();
  redis.disconnect();
}

/** Two stacks on one machine are fine: the second one's dashboard takes another port, unless it was told which. */
async function listen(app: FastifyInstance, { host, port }: DashboardConfig): Promise<string> {
  try {
    await app.listen({ host, port: port ?? USUAL_PORT });
  } catch (error) {
    if (port !== null || !hasErrno(error, 'EADDRINUSE')) throw cannotListen(host, port ?? USUAL_PORT, error);
    await app.listen({ host, port: 0 });
  }
  const address = app.server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${shown}:${address.port}/`;
}

function cannotListen(host: string, port: number, cause: unknown): Error {
  return fail('config_invalid', {
    message: `The dashboard cannot listen: ${cause instanceof Error ? cause.message : String(cause)}.`,
    where: `MILLRACE_DASHBOARD_HOST=${host}, MILLRACE_DASHBOARD_PORT=${port}`,
    hint: 'Choose another port; 0 takes a free one.',
    cause,
  });
}
