import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openFolderBucket } from '../adapters/bucket-folder.ts';
import { connectQueue } from '../adapters/bullmq-queue.ts';
import { fail } from '../core/errors.ts';
import type { ReceivedJob } from '../ports/job-consumer.ts';
import { startTestRedis, type TestRedis } from '../testing/with-redis.ts';
import { readConfig } from './config.ts';
import { createHoldJob } from './hold-job.ts';
import { createLogger } from './logger.ts';
import { processJob, type JobProcessing } from './process-job.ts';
import { createRunStore } from './run-store.ts';
import type { ServiceTools } from './service-tools.ts';
import { createWaiting } from './waiting.ts';

const RUN = '20261122T060000-0a1b2c3d';
const message = { v: 1, type: 'run_requested', run: RUN, pipeline: 'shop', bundle: 'f'.repeat(64) };
const job: ReceivedJob = {
  id: `${RUN}.plan.g1`,
  data: message,
  attempt: 1,
  attempts: 5,
  outages: 0,
  stalls: 0,
  addedAtMs: 1,
};

let redis: TestRedis;
let folder: string;
let tools: ServiceTools;
let lines: Record<string, unknown>[];
beforeAll(async () => {
  redis = await startTestRedis(process.env);
});
afterAll(() => redis.stop());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-process-'));
  const bucket = await openFolderBucket(path.join(folder, 'bucket'));
  lines = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  tools = {
    bucket,
    store: createRunStore(bucket),
    queue: await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 5 }),
    worker: 'extract-1',
    logger: createLogger({ logLevel: 'info' }, 'extract', { write }),
    config: readConfig({}),
  };
});
afterEach(async () => {
  await tools.queue.close();
  await rm(folder, { recursive: true, force: true });
});

function processing(
  handleOther: JobProcessing['handleOther'],
  signal = new AbortController().signal,
): JobProcessing {
  const heartbeat = {
    begin: () => undefined,
    progress: () => undefined,
    heldUp: () => undefined,
    end: () => undefined,
  };
  const hold = createHoldJob(createWaiting(tools.bucket, tools.store, tools.config));
  return {
    tools,
    heartbeat,
    signal,
    hold,
    handleTask: () => Promise.reject(new Error('no task')),
    handleOther,
  };
}

const broken = () => Promise.reject(fail('pipeline_invalid', { message: 'No.' }));

describe('processJob', () => {
  it('fails the run before the job when no try can help, naming run, task and attempt in the log', async () => {
    expect(await processJob(processing(broken), job)).toMatchObject({ kind: 'fail' });
    expect(await tools.store.failure(RUN)).toMatchObject({ task: null, error: { code: 'pipeline_invalid' } });
    expect(lines).toMatchObject([{ run: RUN, task: 'plan', try: 1, tries: 5, code: 'pipeline_invalid' }]);
    expect(lines[0]?.['attempt']).toMatch(/^[0-9a-f]{8}$/);
  });

  it('keeps the job when the failure cannot be recorded: a failed job without a record would be taken for poison', async () => {
    await writeFile(path.join(folder, 'bucket/runs'), 'in the way of the folder of runs');
    expect(await processJob(processing(broken), job)).toMatchObject({ kind: 'delay' });
  });

  it('tries again while tries remain, and then fails the run', async () => {
    const busy = () => Promise.reject(fail('source_unavailable', { message: 'Busy.' }));
    expect(await processJob(processing(busy), job)).toMatchObject({ kind: 'retry' });
    expect(await tools.store.failure(RUN)).toBeNull();
    expect(await processJob(processing(busy), { ...job, attempt: 5 })).toMatchObject({ kind: 'fail' });
    expect(await tools.store.failure(RUN)).toMatchObject({ attempts: 5 });
  });

  it('that began in an earlier round does not fail the current one', async () => {
    const late = async () => {
      await tools.store.commitRetry({
        v: 1,
        run: RUN,
        round: 2,
        by: 'someone',
        retriedAt: '2026-11-22T07:00:00.000Z',
      });
      throw fail('pipeline_invalid', { message: 'No.' });
    };
    expect(await processJob(processing(late), job)).toMatchObject({ kind: 'fail' });
    expect(await tools.store.failure(RUN, 1)).not.toBeNull();
    expect(await tools.store.failure(RUN)).toBeNull();
  });

  it('waits for what is away, for long and at growing distances, before it fails the run', async () => {
    const full = () => Promise.reject(fail('destination_unavailable', { message: 'Full.' }));
    const first = await processJob(processing(full), { ...job, attempt: 5 });
    const later = await processJob(processing(full), { ...job, outages: 20 });
    expect([first, later]).toMatchObject([
      { kind: 'delay', outages: 1 },
      { kind: 'delay', outages: 21 },
    ]);
    const [soon, late] = [first, later].map((outcome) => (outcome.kind === 'delay' ? outcome.delayMs : 0));
    expect(soon).toBeLessThan(1300);
    expect(late).toBeGreaterThan(20_000);
    expect(await tools.store.failure(RUN)).toBeNull();
    const { outageAttempts } = tools.config;
    const last = await processJob(processing(full), { ...job, outages: outageAttempts - 1 });
    expect(last).toMatchObject({ kind: 'fail' });
    expect(await tools.store.failure(RUN)).toMatchObject({ attempts: outageAttempts });
  });

  it('takes a task for poison that silenced many workers, and no task that merely failed often', async () => {
    const done = () => Promise.resolve();
    expect(await processJob(processing(done), { ...job, attempt: 50, attempts: 100 })).toEqual({
      kind: 'done',
    });
    expect(await processJob(processing(done), { ...job, stalls: 10 })).toMatchObject({
      kind: 'fail',
      error: { code: 'poison_task' },
    });
  });

  it('takes it for poison as well when the queue was emptied and counts anew, but not in another round', async () => {
    const done = () => Promise.resolve();
    const start = (stalls: number, addedAtMs: number, data: object = message) =>
      processJob(processing(done), { ...job, data, stalls, addedAtMs });
    // Twice: a job that was put aside comes back with the same count.
    for (const stalls of [0, 1, 1, 2, 3, 3]) expect(await start(stalls, 1)).toEqual({ kind: 'done' });
    expect(await start(0, 2)).toEqual({ kind: 'done' });
    expect(await start(1, 2)).toEqual({ kind: 'done' });
    const poison = {
      kind: 'fail',
      error: { code: 'poison_task', message: expect.stringContaining('5 times') as string },
    };
    expect(await start(2, 2)).toMatchObject(poison);
    expect(await start(0, 3)).toMatchObject(poison);
    expect(await start(0, 4, { ...message, round: 2 })).toEqual({ kind: 'done' });
  });

  it('never gives up to record a run in the history of its destination', async () => {
    const ended = { v: 1, type: 'run_ended', run: RUN, round: 1 };
    const last = { ...job, data: ended, attempt: 5 };
    expect(await processJob(processing(broken), last)).toMatchObject({ kind: 'delay' });
    expect(await tools.store.failure(RUN, 1)).toBeNull();
    expect(lines).toMatchObject([{ run: RUN, task: 'ended', level: 50, code: 'pipeline_invalid' }]);
  });

  it.each([
    { ...message, v: 2, more: true },
    { v: 7, type: 'task_moved' },
  ])('puts a message of a newer version aside for a newer worker: %j', async (data) => {
    const newer = { ...job, data, attempt: 5, stalls: 0 };
    expect(await processJob(processing(broken), newer)).toMatchObject({ kind: 'delay' });
    expect(await tools.store.failure(RUN)).toBeNull();
  });

  it.each([{ ...message, more: true }, { v: 1, type: 'nonsense' }, 'text', null])(
    'refuses what is no message: %j',
    async (data) => {
      expect(await processJob(processing(broken), { ...job, data })).toMatchObject({
        kind: 'fail',
        error: { code: 'message_invalid' },
      });
    },
  );

  it('hands back work that does not heed the signal', async () => {
    const stopping = new AbortController();
    const outcome = processJob(
      processing(() => new Promise(() => undefined), stopping.signal),
      job,
    );
    stopping.abort();
    expect(await outcome).toEqual({ kind: 'hand_back' });
    expect(lines).toMatchObject([{ run: RUN, task: 'plan', msg: 'handed back: this worker stops' }]);
  });
});
