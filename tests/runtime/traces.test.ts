import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type Service, type TestStack } from '../support/test-stack.ts';
import { startTraceReceiver, type ReceivedSpan, type TraceReceiver } from '../support/trace-receiver.ts';
import { until } from '../support/until.ts';

const ROWS = 2500;
const SECRET = 's3cret-of-the-receiver';
const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];

let stack: TestStack;
let pipeline: string;
let receiver: TraceReceiver;
beforeAll(async () => {
  receiver = await startTraceReceiver();
  stack = await startTestStack([]);
  pipeline = await writeNumbers(stack.folder, ROWS);
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});

/** Runs `action` with a worker of each stage, and stops them as a supervisor does. */
async function withWorkers<T>(settings: Record<string, string>, action: () => Promise<T>): Promise<T> {
  const workers = await Promise.all(SERVICES.map((service) => stack.start(service, settings)));
  const result = await action();
  await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
  expect(workers.map((worker) => worker.exitCode())).toEqual([0, 0, 0]);
  return result;
}

async function run(...args: string[]): Promise<{ id: string; code: number | null }> {
  const { code, stdout } = await stack.cli('run', pipeline, '--wait', '--full', '--json', ...args);
  return { id: (JSON.parse(stdout) as { run: string }).run, code };
}

const spansOf = (id: string) => receiver.spans.filter(({ attributes }) => attributes['millrace.run'] === id);
const named = (spans: readonly ReceivedSpan[], name: string) => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined)
    throw new Error(`No span '${name}' among ${spans.map((span) => span.name).join()}`);
  return found;
};

it('one trace tells of a run that fails and is retried, whatever process did the work, and holds no values', async () => {
  const model = path.join(pipeline, 'models/numbers_kept.sql');
  const good = await readFile(model, 'utf8');
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${SECRET}`,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  };
  const { published, failed } = await withWorkers(settings, async () => {
    const published = await run();
    await writeFile(model, `SELECT id, CAST(note AS INTEGER) AS note FROM numbers\n`);
    const failed = await run();
    await stack.settled();
    expect((await stack.cli('retry', failed.id, '--wait', '--force')).code).not.toBe(0);
    await stack.settled();
    return { published, failed };
  });
  await writeFile(model, good);
  expect(published.code).toBe(0);
  expect(failed.code).not.toBe(0);

  const spans = spansOf(published.id);
  const traceId = createHash('sha256').update(published.id).digest('hex').slice(0, 32);
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const root = named(spans, 'run numbers');
  expect(root).toMatchObject({ service: 'millrace-load', parentSpanId: undefined, status: 0 });
  expect(root.attributes).toMatchObject({ 'millrace.status': 'published', 'millrace.rows': ROWS });
  const inner = spans.filter((span) => span !== root);
  expect(inner.map((span) => span.parentSpanId)).toEqual(inner.map(() => root.spanId));
  expect(inner.map(({ service, name }) => `${service}: ${name}`).sort()).toEqual([
    'millrace-extract: extract numbers',
    'millrace-extract: plan',
    'millrace-load: publish',
    'millrace-transform: check numbers',
    'millrace-transform: check numbers_kept',
    'millrace-transform: model numbers_kept',
  ]);
  for (const name of ['extract numbers', 'model numbers_kept', 'publish'])
    expect(named(spans, name).attributes).toMatchObject({
      'millrace.rows': ROWS,
      'millrace.outcome': 'done',
    });
  expect(named(spans, 'extract numbers').attributes).toMatchObject({
    'millrace.stage': 'extract',
    'millrace.records': ROWS,
    'millrace.rejects': 0,
    'millrace.batches': 3,
  });

  const again = spansOf(failed.id);
  const first = named(again, 'run numbers');
  const second = named(again, 'retry numbers');
  expect(second.parentSpanId).toBe(first.spanId);
  for (const round of [first, second]) {
    expect(round).toMatchObject({ status: 2, attributes: { 'error.type': 'model_failed' } });
    const model = again.find(
      ({ name, parentSpanId }) => name.startsWith('model') && parentSpanId === round.spanId,
    );
    expect(model).toMatchObject({ status: 2, attributes: { 'error.type': 'model_failed' } });
  }

  expect(receiver.requests[0]).toMatchObject({
    path: '/v1/traces',
    headers: { authorization: `Bearer ${SECRET}` },
  });
  const bodies = receiver.requests.map(({ body }) => body).join('\n');
  expect(bodies).toContain('deployment.environment.name');
  for (const hidden of [SECRET, 'note 1', stack.folder, stack.redisUrl]) expect(bodies).not.toContain(hidden);
});

it('a receiver that is silent or away holds no run up, and no worker that stops', async () => {
  const silent = await startTraceReceiver({ silent: true });
  const gone = await startTraceReceiver();
  await gone.stop();
  for (const { url } of [silent, gone]) {
    const { code } = await withWorkers({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, async () => {
      const ended = await run();
      if (url === silent.url) await until(() => silent.requests.length > 0, 'the receiver was asked');
      return ended;
    });
    expect(code).toBe(0);
  }
  await silent.stop();
});

it('nothing of the SDK is loaded without an endpoint, and it is with one', async () => {
  const list = path.join(stack.folder, 'loaded.json');
  const note = `import{createRequire}from'module';import{writeFileSync}from'fs';process.on('exit',()=>writeFileSync(${JSON.stringify(list)},JSON.stringify(Object.keys(createRequire('/').cache))))`;
  const watched = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(note)}` };
  for (const endpoint of ['', receiver.url]) {
    const worker = await stack.start('extractor', { ...watched, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    await worker.kill('SIGTERM');
    const loaded = JSON.parse(await readFile(list, 'utf8')) as string[];
    expect(loaded.some((file) => file.includes('@duckdb/node-bindings'))).toBe(true);
    expect(loaded.some((file) => file.includes('@opentelemetry/sdk-trace'))).toBe(endpoint !== '');
  }
});
