import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begun first, longest first: one of them begun last would keep a single core busy for minutes at the end. */
const LONGEST = [
  'chaos/smoke',
  'chaos/syscalls-kill',
  'e2e/cli-stack',
  'chaos/syscalls-errors',
  'chaos/disk',
  'dashboard/page',
].map((name) => `/tests/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => LONGEST.findIndex((end) => moduleId.endsWith(end));
    const ranked = files.filter((file) => rank(file) >= 0).sort((a, b) => rank(a) - rank(b));
    const others = files.filter((file) => rank(file) < 0);
    return [...ranked, ...(await super.sort(others))];
  }
}

/**
 * Two kinds of tests. "unit" stands beside the code and runs from its source; other workspaces are imported as
 * built. "e2e" starts the real processes as a user would, and each of its files may keep several busy: they run
 * after the unit tests, two files at a time, with time limits that suit a loaded machine.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
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
