import { defineConfig } from 'vitest/config';

/**
 * Two kinds of tests. "unit" stands beside the code and runs from its source; other workspaces are imported as
 * built. "e2e" starts the real processes as a user would, and each of its files may keep several busy: they run
 * after the unit tests, two files at a time, with time limits that suit a loaded machine.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'services/dashboard/web/src/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
