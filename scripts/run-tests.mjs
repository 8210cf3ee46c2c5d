import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { ROOT, runAttached } from './bootstrap.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * Runs vitest on this terminal, then prints `N passed, N failed` as the last line.
 *
 * @param {readonly string[]} args passed on to vitest: names of files, `--project unit`, …
 * @returns {Promise<number>} the exit code: that of vitest, and never 0 when something failed
 */
export async function runTests(args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-test-'));
  const results = path.join(folder, 'results.json');
  try {
    const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
    const exitCode = await runAttached(process.execPath, [vitest, 'run', ...reporters, ...args]);
    const counts = countTests(results, exitCode);
    console.log(summaryLine(counts));
    return exitCode === 0 && counts.failed > 0 ? 1 : exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A file that could not be loaded, and a run that failed without a failed test, count as one failure: otherwise
 * the line would read as if all were well.
 *
 * @param {string} resultsFile
 * @param {number} exitCode
 * @returns {Counts}
 */
function countTests(resultsFile, exitCode) {
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
   *   testResults: { status: string, assertionResults: unknown[] }[] }} */
  let results;
  try {
    results = JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const unloaded = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = results.numFailedTests + unloaded;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/** @param {Counts} counts */
function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
