import type { LaneShape } from './lane.ts';

/** Attempts of every kind that publishes something, each as small as it can be with all of its paths. */
export const SCENARIOS = {
  'a load into a new SQLite file': {
    destination: 'sqlite',
    records: 60,
    batchRows: 1000,
    earlierRuns: 0,
    task: 'load-',
  },
  'a load into a SQLite file with a run': {
    destination: 'sqlite',
    records: 60,
    batchRows: 1000,
    earlierRuns: 1,
    task: 'load-',
  },
  'a load into files': { destination: 'csv', records: 60, batchRows: 1000, earlierRuns: 1, task: 'load-' },
  'a model': { destination: 'csv', records: 60, batchRows: 1000, earlierRuns: 0, task: 'model-kept' },
  'an extract of small batches': {
    destination: 'csv',
    records: 60,
    batchRows: 20,
    earlierRuns: 0,
    task: 'extract-',
  },
  'an extract of large batches': {
    destination: 'csv',
    records: 5000,
    batchRows: 2500,
    earlierRuns: 0,
    task: 'extract-',
  },
} as const satisfies Record<string, LaneShape>;

export type Scenario = keyof typeof SCENARIOS;
