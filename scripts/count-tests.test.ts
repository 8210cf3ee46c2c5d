import { expect, test } from 'vitest';

import { summaryLine } from './count-tests.mjs';

const passed = { status: 'passed', assertionResults: [{}] };
const results = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [passed],
};

test('passed and failed tests are counted', () => {
  expect(summaryLine(results, 0)).toBe('3 passed, 0 failed');
  expect(summaryLine({ ...results, numFailedTests: 2 }, 1)).toBe('3 passed, 2 failed');
});

test('skipped tests and those still to write are named', () => {
  expect(summaryLine({ ...results, numPendingTests: 1, numTodoTests: 1 }, 0)).toBe(
    '3 passed, 0 failed, 2 skipped',
  );
});

test('a file that could not be loaded is a failure', () => {
  const unloaded = { status: 'failed', assertionResults: [] };
  expect(summaryLine({ ...results, testResults: [passed, unloaded] }, 1)).toBe('3 passed, 1 failed');
});

test('a failed run never reads as a good one', () => {
  expect(summaryLine(results, 1)).toBe('3 passed, 1 failed');
  expect(summaryLine(null, 1)).toBe('0 passed, 1 failed');
});
