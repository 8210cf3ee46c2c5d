import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { withoutPassword } from '../adapters/redis-client.ts';
import { connectOrFail } from '../adapters/redis-connection.ts';
import { evictsJobs, readRedisFitness } from '../adapters/redis-fitness.ts';
import { readWorkers } from '../adapters/worker-registry.ts';
import { toErrorRecord } from '../core/errors.ts';
import { formatBytes } from '../core/format-bytes.ts';
import { STAGES } from '../core/task.ts';
import type { Config } from './config.ts';
import { CODE_VERSION } from './version.ts';

/** One thing looked at, and what to do when it is not well. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly hint: string | null;
}

const OLDEST_NODE = [20, 19] as const;
/** Below this, the batches of one large run may fill the disk. */
const LITTLE_SPACE_BYTES = 2e9;

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, hint: null });
export const warn = (name: string, detail: string, hint: string): Check => ({
  name,
  status: 'warn',
  detail,
  hint,
});
export const broken = (name: string, detail: string, hint: string): Check => ({
  name,
  status: 'fail',
  detail,
  hint,
});

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isNewEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  const oldest = OLDEST_NODE.join('.');
  return isNewEnough
    ? ok('node', `Node ${version}; millrace ${CODE_VERSION}`)
    : broken('node', `Node ${version} is older than ${oldest}`, `Install Node ${oldest} or newer.`);
}

/** Whether a file can be made in a folder, or in the one in which it will be made, and the space that is left. */
export async function checkFolder(name: string, folder: string, hint: string): Promise<Check> {
  const existing = nearestExisting(folder);
  const probe = path.join(existing, `.millrace-doctor-${randomUUID()}`);
  try {
    if (existing === folder) {
      await writeFile(probe, 'x');
      await rm(probe);
    } else {
      await mkdir(probe);
      await rm(probe, { recursive: true });
    }
  } catch (error) {
    return broken(
      name,
      `${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      hint,
    );
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const detail = `${folder}, ${formatBytes(free)} free`;
  return free < LITTLE_SPACE_BYTES
    ? warn(name, detail, 'Free some space: a run that fills the disk fails.')
    : ok(name, detail);
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(path.dirname(folder));
}

/** Redis, and the workers that it knows of. */
export async function checkRunning(config: Config, redisUrl: string): Promise<Check[]> {
  try {
    const redis = await connectOrFail(redisUrl);
    try {
      const fitness = await readRedisFitness(redis);
      const workers = await readWorkers(redis, config.queuePrefix);
      return [judgeRedis(redisUrl, fitness), judgeWorkers(workers)];
    } finally {
      redis.disconnect();
    }
  } catch (error) {
    const { message, hint } = toErrorRecord(error);
    return [broken('redis', `${withoutPassword(redisUrl)}: ${message}`, hint ?? 'Start it.')];
  }
}

export function judgeRedis(redisUrl: string, fitness: Awaited<ReturnType<typeof readRedisFitness>>): Check {
  const detail = `Redis ${fitness.version ?? '?'} at ${withoutPassword(redisUrl)}`;
  if (evictsJobs(fitness)) {
    const policy = fitness.maxmemoryPolicy ?? '';
    return broken(
      'redis',
      `${detail} evicts keys (${policy})`,
      'Set `maxmemory-policy noeviction`: it could remove jobs.',
    );
  }
  if (fitness.appendOnly === false) {
    const hint = 'Set `appendonly yes`. No data is lost without it, but a restart of Redis costs time.';
    return warn('redis', `${detail} keeps nothing over a restart`, hint);
  }
  return ok('redis', `${detail}, noeviction, append-only file`);
}

export function judgeWorkers(workers: Awaited<ReturnType<typeof readWorkers>>): Check {
  const counts = STAGES.map(
    (stage) => `${workers.filter((worker) => worker.stage === stage).length} ${stage}`,
  );
  const missing = STAGES.filter((stage) => !workers.some((worker) => worker.stage === stage));
  const others = new Set(workers.map(({ version }) => version).filter((version) => version !== CODE_VERSION));
  if (missing.length > 0) {
    return warn(
      'workers',
      `none for ${missing.join(', ')}`,
      'Runs wait until there are some: `millrace up`.',
    );
  }
  if (others.size > 0) {
    const detail = `some run version ${[...others].join(', ')}, and this is ${CODE_VERSION}`;
    return warn('workers', detail, 'Restart them: `millrace down`, then `millrace up`.');
  }
  return ok('workers', counts.join(', '));
}
