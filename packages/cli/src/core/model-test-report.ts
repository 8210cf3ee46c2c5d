import type { ModelTest } from '@millrace/shared/core/model-test';
import type { ErrorRecord } from '@millrace/shared/core/errors';

import type { ComparedRow, RowDifference } from './compare-rows.ts';

/** What a test found: either a comparison, or what kept it from being made. */
export interface EndedModelTest {
  readonly test: Pick<ModelTest, 'name' | 'model' | 'where'>;
  readonly durationMs: number;
  readonly result: ComparedModel | null;
  readonly error: ErrorRecord | null;
}

interface ComparedModel {
  readonly columns: readonly string[];
  readonly expectedRows: number;
  readonly foundRows: number;
  readonly differences: readonly RowDifference[];
}

/** The form that `millrace test --json` prints. */
export interface ModelTestsReport {
  readonly status: 'passed' | 'failed';
  readonly passed: number;
  readonly failed: number;
  readonly duration_ms: number;
  readonly tests: readonly ModelTestReport[];
}

export interface ModelTestReport {
  readonly model: string;
  readonly test: string;
  readonly where: string;
  readonly status: 'passed' | 'failed';
  readonly duration_ms: number;
  readonly columns: readonly string[];
  readonly expected_rows: number | null;
  readonly found_rows: number | null;
  readonly differences: readonly DifferenceReport[];
  readonly error: ErrorRecord | null;
}

/** Rows by column, as text; one of them is null when a row stands alone. */
interface DifferenceReport {
  readonly expected: Readonly<Record<string, string | null>> | null;
  readonly found: Readonly<Record<string, string | null>> | null;
  readonly differs_in: readonly string[];
}

export function reportModelTests(ended: readonly EndedModelTest[]): ModelTestsReport {
  const tests = ended.map(reportTest);
  const failed = tests.filter(({ status }) => status === 'failed').length;
  return {
    status: failed === 0 ? 'passed' : 'failed',
    passed: tests.length - failed,
    failed,
    duration_ms: ended.reduce((sum, { durationMs }) => sum + durationMs, 0),
    tests,
  };
}

function reportTest({ test, durationMs, result, error }: EndedModelTest): ModelTestReport {
  const columns = result?.columns ?? [];
  const named = (row: ComparedRow | null) =>
    row === null ? null : Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null]));
  return {
    model: test.model,
    test: test.name,
    where: test.where,
    status: result !== null && result.differences.length === 0 ? 'passed' : 'failed',
    duration_ms: durationMs,
    columns,
    expected_rows: result?.expectedRows ?? null,
    found_rows: result?.foundRows ?? null,
    differences: (result?.differences ?? []).map((difference) => ({
      expected: named(difference.expected),
      found: named(difference.found),
      differs_in: difference.columns.map((at) => columns[at] ?? ''),
    })),
    error,
  };
}
