import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JobOutcome, ReceivedJob } from '../ports/job-consumer.ts';
import type { TaskQueue } from '../ports/queue.ts';
import { startTestRedis, type TestRedis } from '../testing/with-redis.ts';
import { startConsumer } from './bullmq-consumer.ts';
import { connectQueue } from './bullmq-queue.ts';
import { connectPatiently } from './redis-connection.ts';

const job = { id: 'run.plan.g1', message: { v: 1, type: 'run_ended', run: 'run', round: 1 } } as const;

let redis: TestRedis;
let queue: TaskQueue;
beforeEach(async () => {
  redis = await startTestRedis(process.env);
  queue = await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 2 });
});
afterEach(async () => {
  await queue.close();
  await redis.stop();
});

/** Works on the job until an outcome ends it; each start gets the next of `outcomes`. */
async function starts(outcomes: readonly JobOutcome[]): Promise<ReceivedJob[]> {
  const seen: ReceivedJob[] = [];
  const connection = connectPatiently(redis.url);
  const consumer = await startConsumer({
    stage: 'load',
    prefix: redis.prefix,
    redis: connection,
    process: (received) => {
      seen.push(received);
      return Promise.resolve(outcomes[seen.length - 1] ?? { kind: 'done' });
    },
    onError: () => undefined,
    onLockLost: () => undefined,
  });
  await queue.add('load', [job]);
  await expect.poll(() => queue.states('load', [job.id]), { timeout: 10_000 }).not.toEqual(['open']);
  await consumer.close();
  connection.disconnect();
  return seen;
}

describe('a job that is handed back or put aside', () => {
  it('costs no attempt and counts for no stall, a try that failed costs one', async () => {
    const again: JobOutcome[] = [
      ...Array.from({ length: 12 }, () => ({ kind: 'hand_back' }) as const),
      { kind: 'delay', delayMs: 10 },
      { kind: 'retry', error: new Error('once') },
    ];
    const seen = await starts(again);
    expect(seen).toHaveLength(15);
    expect(seen.slice(0, 14).every(({ attempt, stalls }) => attempt === 1 && stalls === 0)).toBe(true);
    expect(seen[14]).toMatchObject({ attempt: 2, attempts: 2, stalls: 0 });
    expect(await queue.states('load', [job.id, 'run.other.g1'])).toEqual(['completed', 'missing']);
  });

  it('keeps how many tries an outage has cost', async () => {
    const seen = await starts([
      { kind: 'delay', delayMs: 10, outages: 1 },
      { kind: 'retry', error: new Error('once') },
    ]);
    expect(seen.map(({ outages, attempt }) => [outages, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [1, 2],
    ]);
  });

  it('fails for good when no attempt is left, or at once', async () => {
    await starts([{ kind: 'fail', error: new Error('never') }]);
    expect(await queue.states('load', [job.id])).toEqual(['failed']);
  });
});

describe('a message that is too large', () => {
  it('is refused and named', async () => {
    const large = { id: 'run.large.g1', message: { ...job.message, run: 'r'.repeat(2048) } };
    await expect(queue.add('load', [large])).rejects.toMatchObject({
      code: 'message_invalid',
      where: 'job run.large.g1',
    });
    expect(await queue.states('load', [large.id])).toEqual(['missing']);
  });
});

describe('a consumer that is closed while Redis is away', () => {
  it('does not wait for it', async () => {
    const connection = connectPatiently(redis.url);
    const consumer = await startConsumer({
      stage: 'load',
      prefix: redis.prefix,
      redis: connection,
      process: () => Promise.resolve({ kind: 'done' }),
      onError: () => undefined,
      onLockLost: () => undefined,
    });
    await redis.stop();
    await expect.poll(() => connection.status).not.toBe('ready');
    const before = Date.now();
    await consumer.close();
    expect(Date.now() - before).toBeLessThan(5000);
    connection.disconnect();
  });
});
