import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { ROOT, runAttached } from './bootstrap.mjs';
import { summaryLine } from './count-tests.mjs';

/**
 * Runs vitest on this terminal, then prints `N passed, N failed` as the last line.
 *
 * @param {readonly string[]} args passed on to vitest: names of files, `--project unit`, …
 * @returns {Promise<number>} the exit code of vitest
 */
export async function runTests(args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-test-'));
  const results = path.join(folder, 'results.json');
  try {
    const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
    const exitCode = await runAttached(process.execPath, [vitest, 'run', ...reporters, ...args]);
    console.log(summaryLine(readResults(results), exitCode));
    return exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @returns {import('./count-tests.mjs').TestResults | null}
 */
function readResults(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}
