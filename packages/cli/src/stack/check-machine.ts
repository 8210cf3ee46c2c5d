import { existsSync } from 'node:fs';
import path from 'node:path';

import type { Config } from '@millrace/shared/runtime/config';
import {
  broken,
  checkFolder,
  checkNode,
  checkRunning,
  ok,
  warn,
  type Check,
} from '@millrace/shared/runtime/examine';
import { describeLocation, findRedis } from '@millrace/shared/runtime/redis-find';

import { serviceEntry, SERVICE_OF } from './service-process.ts';
import { findStack } from './stack-file.ts';

/** Looks at all that a run on this machine needs, and changes nothing that stays. */
export async function checkMachine(config: Config, variables: NodeJS.ProcessEnv): Promise<Check[]> {
  return [
    checkNode(process.versions.node),
    checkBuild(),
    await checkFolder('home', config.home, 'Set MILLRACE_HOME to a folder that this user can write.'),
    await checkFolder('bucket', config.bucket, 'Set MILLRACE_BUCKET to a folder that this user can write.'),
    ...(await checkRedisAndWorkers(config, variables)),
  ];
}

function checkBuild(): Check {
  const missing = Object.values(SERVICE_OF).filter((service) => !existsSync(serviceEntry(service)));
  return missing.length === 0
    ? ok('services', `built: ${Object.values(SERVICE_OF).join(', ')}`)
    : broken('services', `not built: ${missing.join(', ')}`, 'Run `npm run build`.');
}

async function checkRedisAndWorkers(config: Config, variables: NodeJS.ProcessEnv): Promise<Check[]> {
  const stack = await findStack(config.home);
  const redisUrl = stack?.redisUrl ?? config.redisUrl;
  if (redisUrl !== null) return checkRunning(config, redisUrl);
  const noStack = ok('workers', 'no stack is running; `millrace up` or `run --wait` starts one');
  const location = await findRedis({ ...variables }, path.join(config.home, 'cache'));
  if (location !== null)
    return [ok('redis', `will be started when needed: ${describeLocation(location)}`), noStack];
  const detail = 'REDIS_URL is not set, and no redis-server or valkey-server is on the PATH';
  const hint =
    'Install Redis, or set REDIS_URL. On Debian and Ubuntu the package is fetched when it is needed.';
  return [warn('redis', detail, hint), noStack];
}
