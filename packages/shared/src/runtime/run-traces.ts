import { setTimeout as delay } from 'node:timers/promises';

import type { SpanSink } from '../adapters/otlp-spans.ts';
import { readRetry } from '../contracts/run-files.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { roundSpan, taskSpan, trySpan, type JobTry, type RunSpan } from '../core/run-span.ts';
import type { Stage } from '../core/task.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { Config } from './config.ts';
import { openEventOutbox } from './event-outbox.ts';
import type { Logger } from './logger.ts';
import type { RunStore } from './run-store.ts';
import { CODE_VERSION } from './version.ts';

/** How long spans that wait may still be sent when the process stops. */
const FLUSH_MS = 2000;

/**
 * One OpenTelemetry trace for each run, to which every process that works on it adds its spans. Every method returns at
 * once and throws nothing; a span may be lost.
 */
export interface RunTraces {
  /**
   * A try at a job, and the round that it ended: the span of a round is sent by who loads or records the run.
   * @param task null for what concerns the run as a whole
   */
  tried(tried: JobTry, task: string | null): void;
  /** Sends what waits, for two seconds at most. */
  close(): Promise<void>;
}

interface TracedProcess {
  readonly bucket: Bucket;
  readonly store: RunStore;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly worker: string;
  readonly stage: Stage;
}

/** Null when nobody has asked for traces: nothing of OpenTelemetry's SDK is loaded then. */
export async function openRunTraces(
  { tracesTo }: Pick<Config, 'tracesTo'>,
  traced: TracedProcess,
): Promise<RunTraces | null> {
  const { logger, worker, stage } = traced;
  if (tracesTo === null) return null;
  if ('problem' in tracesTo) {
    logger.warn(`traces are not sent: ${tracesTo.problem}`);
    return null;
  }
  const { openSpanSink } = await import('../adapters/otlp-spans.ts');
  const to = new URL(tracesTo.url).origin;
  const sink = openSpanSink({
    url: tracesTo.url,
    resource: {
      'service.name': `millrace-${stage}`,
      'service.namespace': 'millrace',
      'service.version': CODE_VERSION,
      'service.instance.id': worker,
    },
    onTrouble: (why) => logger.warn({ to }, `traces are not taken; runs go on: ${why}`),
    onRecovery: (dropped) => logger.info({ to, dropped }, 'traces are taken again'),
  });
  return traceInto(sink, traced);
}

function traceInto(sink: SpanSink, { bucket, store, logger, stage }: TracedProcess): RunTraces {
  const endsRounds = stage === 'load';
  // What a span needs is read behind the work, and in turn, so that spans of a large run do not read all at once.
  const outbox = openEventOutbox('traces', logger, {
    name: 'traces',
    send: (span) => Promise.resolve(sink.add(span as RunSpan)),
  });
  return {
    tried(tried, task) {
      outbox.add(() => readSpan(store, tried, task));
      if (endsRounds && tried.outcome === 'done') outbox.add(() => readRound(bucket, store, tried.run));
    },
    async close() {
      const sent = outbox.close().then(() => sink.close());
      // Of a receiver that is away the log has told.
      await Promise.race([sent.catch(() => undefined), delay(FLUSH_MS, undefined, { ref: false })]);
    },
  };
}

/** Null for a job that was skipped, because its task or its round was over. */
async function readSpan(store: RunStore, tried: JobTry, id: string | null): Promise<RunSpan | null> {
  const plan = await store.plan(tried.run);
  if (id === null) return trySpan(plan, tried);
  const task = plan?.tasks.find((candidate) => candidate.id === id);
  if (plan === null || task === undefined) return null;
  const manifest = await store.manifest(tried.run, id);
  return manifest === null && tried.outcome === 'done' ? null : taskSpan(plan, task, manifest, tried);
}

async function readRound(bucket: Bucket, store: RunStore, run: string): Promise<RunSpan | null> {
  const request = await store.request(run);
  if (request === null) return null;
  const plan = await store.plan(run);
  const round = await store.round(run);
  const loads = plan?.tasks.filter(({ kind }) => kind === 'load').map(({ id }) => id) ?? [];
  return roundSpan({
    request,
    plan,
    round,
    retriedAt: await readRetriedAt(bucket, run, round),
    failure: await store.failure(run, round),
    decision: await store.decision(run),
    loads: [...(await store.manifests(run, loads)).values()],
  });
}

async function readRetriedAt(bucket: Bucket, run: string, round: number): Promise<string | null> {
  if (round === 1) return null;
  const key = bucketLayout.retry(run, round - 1);
  const content = await bucket.read(key);
  return content === null ? null : readRetry(content, key).retriedAt;
}
