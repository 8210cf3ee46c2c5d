/**
 * What vitest's JSON reporter writes, as far as it is read here.
 *
 * @typedef {object} TestResults
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {readonly { status: string, assertionResults: readonly unknown[] }[]} testResults one per file
 */

/**
 * The last line of a test run: `N passed, N failed`, and how many were skipped if any were.
 *
 * A file that could not be loaded, and a run that failed without a failed test or without results, count as one
 * failure: otherwise the line would read as if all were well.
 *
 * @param {TestResults | null} results `null` when there are none
 * @param {number} exitCode of vitest
 */
export function summaryLine(results, exitCode) {
  if (results === null) return '0 passed, 1 failed';
  const unloaded = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const counted = results.numFailedTests + unloaded;
  const failed = counted === 0 && exitCode !== 0 ? 1 : counted;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
