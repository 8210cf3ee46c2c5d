import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startRedis } from '../runtime/redis-server.ts';

/** A real Redis for tests, with a key prefix of one's own so that suites run side by side. */
export interface TestRedis {
  readonly url: string;
  readonly prefix: string;
  stop(): Promise<void>;
}

/** Uses REDIS_URL when it is set, else starts a server that `stop` ends and removes. */
export async function startTestRedis(environment: NodeJS.ProcessEnv): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-redis-'));
  const redis = await startRedis({
    env: environment,
    dataDir: path.join(folder, 'data'),
    cacheDir: path.resolve('.millrace/cache'),
    log: () => undefined,
  });
  return {
    url: redis.url,
    prefix: `{test-${randomBytes(6).toString('hex')}}`,
    stop: async () => {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
