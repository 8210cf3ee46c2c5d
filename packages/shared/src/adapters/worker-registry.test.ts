import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestRedis, type TestRedis } from '../testing/with-redis.ts';
import { connectOrFail } from './redis-connection.ts';
import { announceWorker, readWorkers, type WorkerInfo } from './worker-registry.ts';

const now = Date.parse('2026-11-22T06:00:00.000Z');
const worker: WorkerInfo = {
  id: 'extract-1',
  stage: 'extract',
  pid: 1,
  host: 'here',
  version: '0.1.0',
  startedAt: '2026-11-22T05:00:00.000Z',
  seenAt: '2026-11-22T05:59:59.000Z',
  rssBytes: 1,
  healthUrl: 'http://127.0.0.1:1/health',
  task: null,
  heldUp: null,
};

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis(process.env);
});
afterAll(() => redis.stop());

describe('readWorkers', () => {
  it('passes over what is no worker and forgets it, as those that fell silent', async () => {
    const connection = await connectOrFail(redis.url);
    const key = `${redis.prefix}:workers`;
    await connection.hset(key, { broken: '{"id":', other: '{"id":1}', empty: '' });
    await announceWorker(connection, redis.prefix, worker);
    const silent = { ...worker, id: 'extract-2', seenAt: '2026-11-22T05:59:00.000Z' };
    await announceWorker(connection, redis.prefix, silent);
    expect(await readWorkers(connection, redis.prefix, now)).toEqual([worker]);
    expect(await connection.hkeys(key)).toEqual([worker.id]);
    await connection.del(key);
    connection.disconnect();
  });
});
