import { exec, execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { ROOT } from '../support/test-stack.ts';

const run = promisify(execFile);
const shell = promisify(exec);
const CLI = path.join(ROOT, 'packages/cli/dist/main.js');

/** What a stranger sees first, in an empty folder. */
describe('the demo', () => {
  let folder: string;
  let output: string;
  const environment = { ...process.env, NO_COLOR: '1' };
  const demo = async () =>
    (await run(process.execPath, [CLI, 'demo', '--orders', '2000'], { cwd: folder, env: environment }))
      .stdout;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace demo ')));
    output = await demo();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('shows the tables, some rows of each, the rejects by reason, and where the database is', () => {
    for (const table of ['daily_revenue', 'customer_value', 'product_performance']) {
      expect(output).toMatch(new RegExp(`^ +${table} +[\\d,]+$`, 'm'));
      expect(output).toMatch(new RegExp(`^${table}, 3 of [\\d,]+ rows$`, 'm'));
    }
    expect(output).toMatch(/^ +json_syntax +\d+$/m);
    expect(output).toContain('final_analytics.db');
  });

  it('suggests commands that work as they are pasted', async () => {
    const suggested = output
      .slice(output.indexOf('Try next:'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /\b(query|rejects|plan)\b/.test(line) && !line.startsWith('#'));
    expect(suggested.length).toBeGreaterThanOrEqual(3);
    for (const command of suggested) {
      const { stdout } = await shell(command, { cwd: folder, env: environment });
      expect(stdout.trim().split('\n').length).toBeGreaterThan(1);
    }
  });

  it('keeps out of git what it keeps', async () => {
    expect(await readFile(path.join(folder, '.millrace/.gitignore'), 'utf8')).toBe('*\n');
  });

  it('keeps both runs when it is run again', async () => {
    await demo();
    const database = path.join(folder, '.millrace/demo/storefront/final_analytics.db');
    expect(queryRows(database, 'SELECT status, trigger FROM _millrace_runs')).toEqual([
      { status: 'published', trigger: 'demo' },
      { status: 'published', trigger: 'demo' },
    ]);
  });
});
