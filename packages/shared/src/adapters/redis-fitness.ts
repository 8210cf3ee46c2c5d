import type { Redis } from 'ioredis';

/** Settings of Redis that decide whether jobs can be lost. Null where Redis does not tell (managed services). */
export interface RedisFitness {
  readonly version: string | null;
  readonly maxmemoryPolicy: string | null;
  readonly appendOnly: boolean | null;
}

export async function readRedisFitness(redis: Redis): Promise<RedisFitness> {
  const server = await redis.info('server');
  const memory = await redis.info('memory');
  const persistence = await redis.info('persistence');
  const aof = field(persistence, 'aof_enabled');
  return {
    version: field(server, 'redis_version'),
    maxmemoryPolicy: field(memory, 'maxmemory_policy'),
    appendOnly: aof === null ? null : aof === '1',
  };
}

/** With any other policy, Redis removes jobs when its memory is full, without a word. */
export function evictsJobs(fitness: RedisFitness): boolean {
  return fitness.maxmemoryPolicy !== null && fitness.maxmemoryPolicy !== 'noeviction';
}

function field(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
}
