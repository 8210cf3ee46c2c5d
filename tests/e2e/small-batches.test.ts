import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { afterEach, expect, it } from 'vitest';

import { drafts, writeNumbers } from '../support/numbers-pipeline.ts';
import { queryRow } from '../support/published.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const ROWS = 300_000;
const BATCHES = ROWS / 100;
/** A command that BullMQ sends has a message of at most 2 KB; the scripts that it sends once are longer, and fixed. */
const LONGEST_BYTES = 4096;

let stack: TestStack;
afterEach(() => stack.stop());

/** Everything that is said to Redis while `action` runs. */
async function listen(action: () => Promise<void>): Promise<string[][]> {
  const redis = await connectOrFail(stack.redisUrl);
  const monitor = await redis.monitor();
  const commands: string[][] = [];
  monitor.on('monitor', (_time: string, command: string[]) => commands.push(command));
  try {
    await action();
    return commands;
  } finally {
    monitor.disconnect();
    redis.disconnect();
  }
}

it('thousands of batches stand in manifests, and nothing of them rides a queue', async () => {
  stack = await startTestStack();
  const pipeline = await writeNumbers(stack.folder, ROWS, 100);
  let run = '';
  const commands = await listen(async () => {
    const { code, stdout } = await stack.cli('run', pipeline, '--wait', '--json');
    expect(code).toBe(0);
    ({ run } = JSON.parse(stdout) as { run: string });
  });

  const manifest = await stack.store.manifest(run, 'extract-numbers-00001');
  const batches = manifest?.outputs[0]?.batches ?? [];
  expect(batches.map(({ rows }) => rows)).toEqual(Array.from({ length: BATCHES }, () => 100));
  expect(new Set(batches.map(({ key }) => key)).size).toBe(BATCHES);
  expect(
    queryRow(
      path.join(pipeline, 'out.db'),
      'SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(id) AS total FROM numbers_kept',
    ),
  ).toEqual({ rows: ROWS, ids: ROWS, total: (ROWS * (ROWS - 1)) / 2 });

  const bucket = path.join(stack.folder, 'home/bucket');
  const written = await readFile(path.join(bucket, bucketLayout.manifest(run, 'extract-numbers-00001')));
  expect(written.byteLength / BATCHES).toBeLessThan(300);
  expect(await drafts(bucket)).toEqual([]);

  expect(commands.some((command) => command.some((word) => word.includes(run)))).toBe(true);
  expect(commands.flat().filter((word) => word.includes('.parquet'))).toEqual([]);
  const messages = commands.filter(([name]) => !/^(eval|script)$/i.test(name ?? ''));
  expect(Math.max(...messages.flat().map((word) => Buffer.byteLength(word)))).toBeLessThan(LONGEST_BYTES);
});
