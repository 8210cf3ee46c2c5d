import { createHash, randomBytes } from 'node:crypto';

import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';

import type { RunSpan } from '../core/run-span.ts';

/** Spans that wait at most, in memory; more are dropped, because work must not wait for a receiver. */
const MAX_WAITING = 2048;
const SEND_EVERY_MS = 1000;
/** The code of success, which has its name in a package that is only for this. */
const TAKEN = 0;

/** Spans on their way to a receiver of OTLP over HTTP. */
export interface SpanSink {
  /** Returns at once. The span may be lost: with the process, or when the receiver is away for long. */
  add(span: RunSpan): void;
  /** Sends what waits. May take as long as the receiver lets it. */
  close(): Promise<void>;
}

export interface SpanSinkOptions {
  readonly url: string;
  /** Names of OpenTelemetry for this process, such as `service.name`; those in its own variables prevail. */
  readonly resource: Readonly<Record<string, string>>;
  /** Told once when spans are not taken any more, and when they are again. Never with what may be a secret. */
  readonly onTrouble: (why: string) => void;
  readonly onRecovery: (dropped: number) => void;
}

/** Imported only by who sends spans: it loads OpenTelemetry, which reads headers and certificates from its own variables. */
export function openSpanSink({ url, resource, onTrouble, onRecovery }: SpanSinkOptions): SpanSink {
  let waiting = 0;
  let dropped = 0;
  let isBroken = false;
  const exporter = watchExporter(new OTLPTraceExporter({ url }), (count, error) => {
    waiting -= count;
    if (error === null && (isBroken || dropped > 0)) onRecovery(dropped);
    if (error !== null && !isBroken) onTrouble(error);
    isBroken = error !== null;
    if (error === null) dropped = 0;
  });
  const ids = createIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource).merge(detectResources({ detectors: [envDetector] })),
    // One trace for a run: whoever wants fewer of them has few runs.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids.generator,
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: MAX_WAITING, scheduledDelayMillis: SEND_EVERY_MS }),
    ],
  });
  const tracer = provider.getTracer('millrace');
  return {
    add(span) {
      if (waiting >= MAX_WAITING) {
        dropped += 1;
        return;
      }
      waiting += 1;
      const startedAt = new Date(span.startedAt);
      // Clocks of two machines: what ends before it began is refused by receivers.
      const endedAt = new Date(Math.max(Date.parse(span.endedAt), startedAt.getTime()));
      ids.expect(span);
      const { name, attributes } = span;
      const made = tracer.startSpan(name, { startTime: startedAt, attributes }, parentOf(span));
      if (span.error !== null) made.setStatus({ code: SpanStatusCode.ERROR, message: span.error });
      made.end(endedAt);
    },
    close: () => provider.shutdown(),
  };
}

/** Ids are made of the run's, so that all its processes know them without asking each other. */
function traceIdOf(run: string): string {
  return createHash('sha256').update(run).digest('hex').slice(0, 32);
}

function roundIdOf(run: string, round: number): string {
  return createHash('sha256').update(`${run}/${round}`).digest('hex').slice(0, 16);
}

/** The first round is the root of the trace; later ones are within it, as are all other spans within their round. */
function parentOf({ run, round, isRound }: RunSpan): Context {
  if (isRound && round === 1) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdOf(run),
    spanId: roundIdOf(run, isRound ? 1 : round),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

/** Of the span that is made next. */
function createIds() {
  let next = { trace: '', span: '' };
  return {
    expect({ run, round, isRound }: RunSpan) {
      const span = isRound ? roundIdOf(run, round) : randomBytes(8).toString('hex');
      next = { trace: traceIdOf(run), span };
    },
    generator: { generateTraceId: () => next.trace, generateSpanId: () => next.span },
  };
}

/** Tells after each batch how many spans it had, and why it was not taken. */
function watchExporter(
  exporter: SpanExporter,
  onSent: (count: number, error: string | null) => void,
): SpanExporter {
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        onSent(spans.length, Number(result.code) === TAKEN ? null : (result.error?.message ?? 'refused'));
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
