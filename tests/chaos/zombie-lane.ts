import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type Service, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];

/** A stack with two workers of one stage, of which the one that meets an armed site first is stopped there. */
export interface ZombieLane {
  readonly stack: TestStack;
  readonly database: string;
  readonly rows: number;
  request(): Promise<string>;
  /** The next to meet a site that this matches is stopped. */
  arm(pattern: string): Promise<void>;
  /** The worker that was stopped, and the other one. */
  stopped(): Promise<{ zombie: TestWorker; other: TestWorker }>;
}

export async function startZombieLane(service: Service, rows: number): Promise<ZombieLane> {
  const stack = await startTestStack(SERVICES.filter((one) => one !== service));
  const armFile = path.join(stack.folder, 'armed');
  const environment = {
    NODE_OPTIONS: `--import ${new URL('stop-at.mjs', import.meta.url).href}`,
    CHAOS_ARM: armFile,
  };
  const workers = await Promise.all([stack.start(service, environment), stack.start(service, environment)]);
  const pipeline = await writeNumbers(stack.folder, rows, Math.ceil(rows / 10));
  const bucket = await openFolderBucket(path.join(stack.folder, 'home/bucket'));
  const deployed = await deployFolder(bucket, pipeline);

  return {
    stack,
    database: path.join(pipeline, 'out.db'),
    rows,
    async request() {
      const queue = await connectQueue({ redisUrl: stack.redisUrl, prefix: stack.prefix, attempts: 5 });
      try {
        const wish = { ...deployed, trigger: 'cli', key: null, full: true } as const;
        return (await requestRun(bucket, queue, wish)).run;
      } finally {
        await queue.close();
      }
    },
    async arm(pattern) {
      // In one step: a worker must not read half a pattern.
      await writeFile(`${armFile}.new`, pattern);
      await rename(`${armFile}.new`, armFile);
    },
    async stopped() {
      let zombie: TestWorker | undefined;
      await until(async () => {
        const names = await readdir(stack.folder);
        zombie = workers.find(({ pid }) => names.includes(`armed.${pid}`));
        return zombie !== undefined && (await isStopped(zombie.pid));
      }, 'a worker meets the site and stops');
      if (zombie === undefined) throw new Error('Unreachable: it was waited for.');
      await rename(`${armFile}.${zombie.pid}`, `${armFile}.used`);
      const other = workers.find((worker) => worker !== zombie);
      if (other === undefined) throw new Error('There are two workers.');
      return { zombie, other };
    },
  };
}

async function isStopped(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8');
  return state.slice(state.lastIndexOf(')') + 2).startsWith('T');
}
