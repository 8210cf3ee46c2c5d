import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TABLES = ['customer_value', 'daily_revenue', 'product_performance'];

interface Results {
  readonly pipeline: readonly {
    readonly size: string;
    readonly tables: Record<string, string>;
    readonly figures: readonly { readonly name: string; readonly ratio: number }[];
  }[];
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bench(
  ratios: Record<string, number>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const record = path.join(folder, 'record.json');
  await writeFile(record, JSON.stringify({ conditions: {}, ratios }));
  const words = ['bench/main.mjs', '--short', '--check', '--record-file', record, '--out', outFile()];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

const outFile = () => path.join(folder, 'results.json');

// One measurement for both, because it takes some seconds. No ratio is judged by the clock: one is better than any, one worse.
it('lets all contestants make the same tables, prints them, and fails for the ratio that is worse than on record', async () => {
  const { code, stdout, stderr } = await bench({
    'tiny: millrace, warm': 1e9,
    'tiny: millrace, warm, 0.1 % bad records': 1e-9,
  });
  const { pipeline } = JSON.parse(await readFile(outFile(), 'utf8')) as Results;
  const [tiny] = pipeline;
  expect(tiny?.figures.map(({ name }) => name)).toEqual([
    'baseline',
    'millrace, warm',
    'millrace, warm, 0.1 % bad records',
    'readline, JSON.parse',
    'BullMQ, rows in jobs',
  ]);
  expect(Object.keys(tiny?.tables ?? {}).sort()).toEqual(TABLES);
  for (const { name } of tiny?.figures ?? []) expect(stdout).toContain(`| tiny | 1 | ${name} |`);
  expect(code).toBe(1);
  const worse = stderr.split('\n').filter((line) => line.includes('worse than'));
  expect(worse).toHaveLength(1);
  expect(worse[0]).toContain('tiny: millrace, warm, 0.1 % bad records: ');
});
