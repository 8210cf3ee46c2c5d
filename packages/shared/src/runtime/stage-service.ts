import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { startConsumer } from '../adapters/bullmq-consumer.ts';
import { connectQueue } from '../adapters/bullmq-queue.ts';
import { withoutPassword } from '../adapters/redis-client.ts';
import { connectPatiently, redisUnavailable } from '../adapters/redis-connection.ts';
import { evictsJobs, readRedisFitness } from '../adapters/redis-fitness.ts';
import { fail, toErrorRecord, type MillraceError } from '../core/errors.ts';
import type { Stage } from '../core/task.ts';
import type { TaskHandler } from '../ports/task-handler.ts';
import { readConfig, unknownSettings, type Config } from './config.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createHoldJob } from './hold-job.ts';
import { limitPlanning, limitTime } from './limit-time.ts';
import { createLogger, type Logger } from './logger.ts';
import { createWorkMeter, measureCommits, measureEnds } from './measure-work.ts';
import { createRegistry, measureQueues } from './metrics.ts';
import { processJob, type OtherHandler } from './process-job.ts';
import { reportOutages } from './report-outages.ts';
import { openRunEvents } from './run-events.ts';
import { createRunStore } from './run-store.ts';
import { openRunTraces } from './run-traces.ts';
import type { ServiceTools } from './service-tools.ts';
import { stopOnSignals } from './shutdown.ts';
import { startTurns } from './turns.ts';
import { createWaiting } from './waiting.ts';

/** Time beyond the shutdown timeout for handing back the job and closing connections. */
const STOP_GRACE_MS = 5000;

/** How long a task that took too long may take to end: enough to roll a large transaction back. */
const TIMEOUT_HEED_MS = 10_000;

export interface StageService {
  readonly stage: Stage;
  readonly createTaskHandler: (tools: ServiceTools) => TaskHandler;
  /** For the other messages of this stage's queue. */
  readonly createOtherHandler?: (tools: ServiceTools) => OtherHandler;
}

/** What `main.ts` of a service calls: runs until a signal ends it; a failure to start is one line and exit code. */
export async function runStageService(service: StageService): Promise<void> {
  try {
    await startStageService(service, readConfig());
  } catch (error) {
    const { code, message, where, hint } = toErrorRecord(error);
    process.stderr.write(`${JSON.stringify({ service: service.stage, code, message, where, hint })}\n`);
    process.exit(fail(code, { message }).exitCode);
  }
}

/**
 * The process of a stage: takes jobs from its queue one at a time, announces itself, answers `/health`, `/ready` and `/metrics`, reconciles and asks for runs whose time has come,
 * and on SIGTERM finishes or hands back its job. Resolves when it is ready for work.
 */
async function startStageService(service: StageService, config: Config): Promise<void> {
  const logger = createLogger(config, service.stage);
  for (const name of unknownSettings()) logger.warn({ name }, 'a variable that is no setting of millrace');
  const redisUrl = requireRedis(config);
  const worker = `${service.stage}-${hostname()}-${process.pid}-${randomBytes(2).toString('hex')}`;
  const redis = connectPatiently(redisUrl);
  reportOutages(redis, withoutPassword(redisUrl), logger);
  const announcing = connectPatiently(redisUrl);
  const bucket = await openFolderBucket(config.bucket);
  const queue = await connectQueue({
    redisUrl,
    prefix: config.queuePrefix,
    attempts: config.attempts,
    connection: redis,
  });
  await refuseEviction(redis, redisUrl);
  const registry = createRegistry(service.stage);
  measureQueues(registry, queue, [service.stage]);
  const meter = createWorkMeter(registry, service.stage);
  const store = measureCommits(createRunStore(bucket), meter);
  const events = openRunEvents(config, store, logger);
  const traces = await openRunTraces(config, { bucket, store, logger, worker, stage: service.stage });
  const tools: ServiceTools = { bucket, store, queue, worker, logger, config, events, traces };
  const stopping = new AbortController();
  const heartbeat = await startHeartbeat({
    stage: service.stage,
    worker,
    config,
    redis: announcing,
    registry,
  });
  const limit = {
    timeoutMs: config.taskTimeoutMs,
    heedMs: TIMEOUT_HEED_MS,
    onUnheeded: (error: MillraceError) => endHanging(error, logger),
  };
  const processing = {
    tools,
    heartbeat,
    signal: stopping.signal,
    hold: createHoldJob(createWaiting(bucket, tools.store, config)),
    handleTask: limitTime(service.createTaskHandler(tools), limit),
    handleOther: limitPlanning(
      measureEnds(service.createOtherHandler?.(tools) ?? refuseMessage, store, meter),
      limit,
    ),
  };
  const consumer = await startConsumer({
    stage: service.stage,
    prefix: config.queuePrefix,
    redis,
    process: async (job) => {
      tellSupervisor();
      const outcome = await processJob(processing, job);
      meter.attempted(outcome.kind);
      return outcome;
    },
    onError: (error) => {
      // An outage is reported once, not by every connection at every try.
      if (redis.status === 'ready') logger.warn({ err: error.message }, 'queue error');
    },
    onLockLost: (job) =>
      logger.warn({ job }, 'fenced: the lock of the job lapsed, and another worker is given the job'),
  });
  const stopTurns = startTurns(tools, redis);
  const stop = async () => {
    heartbeat.setReady(false);
    stopTurns();
    const timer = setTimeout(() => stopping.abort(), config.shutdownTimeoutMs);
    await consumer.close();
    clearTimeout(timer);
    await heartbeat.stop();
    await Promise.all([events?.close(), traces?.close()]);
    redis.disconnect();
    announcing.disconnect();
  };
  stopOnSignals(stop, config.shutdownTimeoutMs + STOP_GRACE_MS, logger);
  heartbeat.setReady(true);
  logger.info({ worker, redis: withoutPassword(redisUrl), health: heartbeat.healthUrl }, 'ready');
}

/**
 * A supervisor counts the deaths of a service that cannot work, and must not count those of one that a job has killed. Nobody
 * needs to listen, and one that is gone is noticed elsewhere.
 */
function tellSupervisor(): void {
  process.send?.({ hasJob: true }, undefined, undefined, () => undefined);
}

/**
 * By a signal that nothing in this process can hold up: `process.exit` waits for its threads, and one of them may be
 * what hangs. The job's lock lapses then, and another worker takes the job.
 */
function endHanging(error: MillraceError, logger: Logger): void {
  logger.fatal(
    { code: error.code, where: error.where },
    `ends itself, because a task hangs: ${error.message}`,
  );
  process.kill(process.pid, 'SIGKILL');
}

function requireRedis(config: Config): string {
  if (config.redisUrl !== null) return config.redisUrl;
  throw fail('config_invalid', {
    message: 'REDIS_URL is not set.',
    hint: 'A worker needs the Redis of its stack; `millrace up` starts all workers with one.',
  });
}

async function refuseEviction(
  redis: Parameters<typeof readRedisFitness>[0],
  redisUrl: string,
): Promise<void> {
  const fitness = await readRedisFitness(redis).catch((error: unknown) => {
    throw redisUnavailable(redisUrl, error);
  });
  if (!evictsJobs(fitness)) return;
  throw fail('redis_unfit', {
    message: `Redis removes keys when its memory is full (maxmemory-policy ${fitness.maxmemoryPolicy ?? ''}), so jobs could vanish.`,
    where: withoutPassword(redisUrl),
    hint: 'Set `maxmemory-policy noeviction`.',
  });
}

const refuseMessage: OtherHandler = (message) =>
  Promise.reject(
    fail('message_invalid', {
      message: `A message of type ${message.type} does not belong on this queue.`,
      where: `run ${message.run}`,
    }),
  );
