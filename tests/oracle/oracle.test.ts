import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';

const run = promisify(execFile);
const SCRIPT = path.join(import.meta.dirname, 'storefront.py');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-oracle-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

// One bad record per good one, so that every variant of every kind is there.
test.each(['lines', 'array', 'document'] as const)(
  'the oracle finds on its own what the ledger lists, in %s',
  async (format) => {
    const { ledger } = await generateStorefront({ dir, orders: 400, seed: 11, badRatio: 1, format });
    const { stdout, stderr } = await run('python3', [SCRIPT, dir, path.join(dir, 'expected')]);
    expect(stderr).toBe('');
    expect(stdout).toContain(`400 orders accepted, ${ledger.bad_records.length} rejected`);
  },
);

test('the oracle objects to a ledger that is wrong about one place', async () => {
  const { ledger, ledgerPath } = await generateStorefront({ dir, orders: 50, seed: 11 });
  const [first, ...others] = ledger.bad_records;
  const moved = { ...ledger, bad_records: [{ ...first, line: (first?.line ?? 0) + 1 }, ...others] };
  await writeFile(ledgerPath, JSON.stringify(moved));
  await expect(run('python3', [SCRIPT, dir, path.join(dir, 'expected')])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('in the ledger, but not rejected here') as string,
  });
});

test('expected tables have a type for every column and text for every value', async () => {
  await generateStorefront({ dir, orders: 50, seed: 11 });
  await run('python3', [SCRIPT, dir, path.join(dir, 'expected')]);
  const text = await readFile(path.join(dir, 'expected', 'daily_revenue.json'), 'utf8');
  const table = JSON.parse(text) as { columns: { name: string; type: string }[]; rows: (string | null)[][] };
  const at = table.columns.findIndex((column) => column.name === 'net_revenue');
  expect(table.columns[at]?.type).toBe('decimal(18,2)');
  expect(table.rows.length).toBeGreaterThan(0);
  expect(table.rows.every((row) => /^\d+\.\d\d$/.test(row[at] ?? ''))).toBe(true);
});
