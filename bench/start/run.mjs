// What does a process cost until it is there? See README.md.
//
//   node bench/start/run.mjs [--rounds 7]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { startTestRedis } from '@millrace/shared/testing/with-redis';

import { cpuSeconds, endService, startService } from '../service-process.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';

const ROOT = path.join(import.meta.dirname, '../..');
const SERVICES = ['extractor', 'transformer', 'loader', 'dashboard'];
const VERBS = [['--help'], ['runs'], ['status'], ['validate', 'pipelines/storefront']];
const TICKS_PER_SECOND = 100;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(home) {
  const redis = await startTestRedis(process.env);
  const environment = {
    ...process.env,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_QUEUE_PREFIX: redis.prefix,
    MILLRACE_DASHBOARD_PORT: '0',
  };
  const contestants = [
    { process: 'node, an empty script', seconds: () => secondsOfWhole(['-e', ''], environment) },
    ...SERVICES.map((name) => ({ process: name, seconds: () => secondsToReady(name, environment) })),
    ...VERBS.map((words) => ({
      process: `millrace ${words.join(' ')}`,
      seconds: () => secondsOfWhole(['packages/cli/bin/millrace.js', ...words], environment),
    })),
  ];
  const measured = contestants.map(() => []);
  try {
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const [index, { seconds }] of contestants.entries()) measured[index].push(await seconds());
  } finally {
    await redis.stop();
  }
  return contestants.map(({ process }, index) => ({ process, 'CPU s': median(measured[index]) }));
}

async function secondsToReady(name, environment) {
  const service = await startService(name, environment);
  try {
    return await cpuSeconds([service]);
  } finally {
    await endService(service);
  }
}

/** A verb may end with an error, such as that there is no run yet: what it loads is the same. */
async function secondsOfWhole(words, environment) {
  const before = await secondsOfEnded();
  const child = spawn(process.execPath, words, { cwd: ROOT, env: environment, stdio: 'ignore' });
  await once(child, 'exit');
  return (await secondsOfEnded()) - before;
}

/** Of all processes that this one started and that have ended. */
async function secondsOfEnded() {
  const text = await readFile('/proc/self/stat', 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

function median(numbers) {
  return Number(numbers.sort((a, b) => a - b)[numbers.length >> 1].toFixed(2));
}
