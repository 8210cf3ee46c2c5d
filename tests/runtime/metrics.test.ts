import { listWorkers } from '@millrace/shared/adapters/worker-registry';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const ROWS = 2500;

let stack: TestStack;
/** What each service told after one run was published, by stage. */
let told: Record<string, string>;
beforeAll(async () => {
  stack = await startTestStack();
  const pipeline = await writeNumbers(stack.folder, ROWS);
  expect((await stack.cli('run', pipeline, '--wait')).code).toBe(0);
  const workers = await listWorkers(stack);
  told = Object.fromEntries(
    await Promise.all(
      workers.map(async ({ stage, healthUrl }) => [stage, await ask(healthUrl, 'metrics')] as const),
    ),
  );
});
afterAll(() => stack.stop());

async function ask(healthUrl: string, route: string): Promise<string> {
  const answer = await fetch(new URL(route, healthUrl));
  expect(answer.status).toBe(200);
  return answer.text();
}

/** The value of a series, written as Prometheus names it. */
function value(stage: string, series: string): number {
  const line = (told[stage] ?? '').split('\n').find((candidate) => candidate.startsWith(`${series} `));
  if (line === undefined) throw new Error(`${stage} tells no ${series}:\n${told[stage]}`);
  return Number(line.slice(series.length));
}

it('each service counts the rows that it wrote', () => {
  for (const stage of ['extract', 'transform', 'load'])
    expect(value(stage, `millrace_rows_total{stage="${stage}",pipeline="numbers"}`)).toBe(ROWS);
});

it('the extractor counts records, batches and bytes', () => {
  expect(value('extract', 'millrace_records_total{pipeline="numbers"}')).toBe(ROWS);
  expect(value('extract', 'millrace_batches_total{stage="extract",pipeline="numbers"}')).toBe(3);
  expect(value('extract', 'millrace_bytes_total{stage="extract",pipeline="numbers"}')).toBeGreaterThan(0);
});

it('the loader counts the run that it published', () => {
  expect(value('load', 'millrace_runs_total{pipeline="numbers",status="published"}')).toBe(1);
});

it('tries and how long tasks took are told by stage', () => {
  expect(value('load', 'millrace_task_attempts_total{stage="load",outcome="done"}')).toBe(1);
  const duration = 'millrace_task_duration_seconds_count{stage="load",kind="load",pipeline="numbers"}';
  expect(value('load', duration)).toBe(1);
});

it('each service tells the depth of its queue, the age of what waits there, and the lag of its event loop', () => {
  for (const stage of ['extract', 'transform', 'load']) {
    expect(value(stage, `millrace_queue_jobs{stage="${stage}",state="waiting"}`)).toBe(0);
    expect(value(stage, `millrace_queue_oldest_age_seconds{stage="${stage}"}`)).toBe(0);
    expect(value(stage, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  }
});

it('a service that takes jobs is ready', async () => {
  for (const { healthUrl } of await listWorkers(stack))
    expect(JSON.parse(await ask(healthUrl, 'ready'))).toMatchObject({ ready: true, healthy: true });
});
