import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { writeManySources } from '../support/many-sources.ts';
import { ROOT, startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const STARTS = 5;

let stack: TestStack;
afterEach(() => stack.stop());

async function request(pipeline: string): Promise<string> {
  const { stdout, code } = await stack.cli('run', pipeline, '--json');
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { run: string }).run;
}

const statusOf = async (run: string) => (await stack.store.load(run)).status;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a task that kills each of its workers', () => {
  it(
    'is ended as poison after a few starts, while other runs go on, and can be retried',
    { timeout: 240_000 },
    async () => {
      stack = await startTestStack(['transformer', 'loader']);
      const preload = path.join(ROOT, 'tests/support/dies-at-poison.mjs');
      const startExtractor = () => stack.start('extractor', { NODE_OPTIONS: `--import ${preload}` });
      const poison = await writeManySources(stack.folder, {
        name: 'poisoned',
        sources: ['poison', 'apples'],
      });
      const harmless = await writeManySources(stack.folder, { name: 'harmless', sources: ['apples'] });
      const run = await request(poison);
      let extractor = await startExtractor();
      let deaths = 0;
      let other: string | null = null;
      await until(
        async () => {
          if (!isAlive(extractor.pid)) {
            deaths += 1;
            extractor = await startExtractor();
            other ??= await request(harmless);
          }
          return (await statusOf(run)) === 'failed';
        },
        'the run is ended',
        200_000,
      );
      expect(deaths).toBe(STARTS);
      const failure = await stack.store.failure(run);
      expect(failure).toMatchObject({ task: 'extract-poison-00001', error: { code: 'poison_task' } });
      expect(failure?.error.message).toContain(`started ${STARTS} times`);
      await until(async () => (await statusOf(other ?? '')) === 'published', 'the other run is published');
      expect(isAlive(extractor.pid)).toBe(true);
      await extractor.kill('SIGTERM');
      await stack.start('extractor');
      expect((await stack.cli('retry', run, '--wait')).code).toBe(0);
    },
  );
});
