import type { Plan } from '../plan.ts';
import { makeManifest, makePlan } from '../../testing/make-plan.ts';
import { expect, test } from 'vitest';

import type { RunView } from './run-view.ts';
import { reportWarnings } from './run-warnings.ts';

const plan = makePlan();
const tasks = plan.tasks.filter((task) => task.kind === 'extract');

/** The plan's three tasks, each of one file, after so many records were seen in them; null: not done yet. */
function warningsOf(seen: readonly (number | null)[], of: Plan = plan) {
  const manifests = seen.flatMap((count, input) => {
    const task = tasks[input];
    if (count === null || task === undefined) return [];
    const extracted = {
      files: [{ input, seen: count, accepted: count, rejected: 0, blank: 0 }],
      rejects: { records: 0, byReason: {}, batches: [] },
      fingerprint: null,
      reused: null,
    };
    return [[task.id, makeManifest(of, task.id, { extracted })] as const];
  });
  return reportWarnings({ plan: of, manifests: new Map(manifests) } as unknown as RunView);
}

const names = plan.inputs.map(({ name }) => name);

test('B18 files without records are named once their source is read', () => {
  expect(warningsOf([1, 1, 1])).toEqual([]);
  expect(warningsOf([0, null, 1])).toEqual([]);
  expect(warningsOf([0, 1, 0])).toEqual([
    { code: 'empty_source', message: `Source 'orders': 1 of 2 files without records (${names[0] ?? ''}).` },
    { code: 'empty_source', message: `Source 'customers': 1 of 1 file without records (${names[2] ?? ''}).` },
  ]);
});

test('B18 a source that may be without files says that it is', () => {
  const without: Plan = { ...plan, inputs: [], tasks: plan.tasks.filter((task) => task.kind !== 'extract') };
  expect(warningsOf([], without).map(({ message }) => message)).toEqual([
    "Source 'orders': there is no file.",
    "Source 'customers': there is no file.",
  ]);
});

test('B29 files of CSV that lack a declared column are named', () => {
  const headers = [['order_id', 'total'], ['total']];
  const drifted: Plan = {
    ...plan,
    inputs: plan.inputs.map((input, index) => {
      const header = headers[index];
      if (header === undefined) return input;
      return {
        ...input,
        layout: { kind: 'csv', delimiter: ',', newline: 'lf', header, dataStart: 1 } as const,
      };
    }),
    tables: plan.tables.slice(0, 1).map((table) => ({
      ...table,
      columns: ['order_id', 'total'].map((name) => ({
        name,
        type: { kind: 'text' as const },
        path: { from: 'record' as const, steps: [name] },
        required: false,
        strict: false,
        format: null,
      })),
      inferred: false,
    })),
  };
  expect(warningsOf([1, 1, 1], drifted)).toEqual([
    {
      code: 'missing_column',
      message: `Table 'orders': 1 of 2 files without column 'order_id', which is null there (${names[1] ?? ''}).`,
    },
  ]);
});
