import type { CheckResult, CheckStatus, PlannedCheck } from '@millrace/shared/core/check';
import type { RunView } from '@millrace/shared/core/report/run-view';

import type { CheckCounts, CheckRow } from '../api/check.ts';

type Checks = Pick<RunView, 'plan' | 'manifests'>;

/** Those that need a look first. */
const ORDER: readonly (CheckStatus | null)[] = ['error', 'warn', 'no_baseline', null, 'pass'];

/** What the checks of a run have found so far, by id. */
export function checkResults({ plan, manifests }: Checks): Map<string, CheckResult> {
  const tasks = plan?.tasks.filter(({ kind }) => kind === 'check') ?? [];
  const results = tasks.flatMap(({ id }) => manifests.get(id)?.checked?.results ?? []);
  return new Map(results.map((result) => [result.check, result]));
}

export function countChecks(
  checks: readonly Pick<PlannedCheck, 'id'>[],
  results: ReadonlyMap<string, CheckResult>,
): CheckCounts {
  const counts = { total: checks.length, passed: 0, warned: 0, failed: 0, no_baseline: 0, waiting: 0 };
  for (const { id } of checks) counts[COUNTED_AS[results.get(id)?.status ?? 'waiting']] += 1;
  return counts;
}

const COUNTED_AS = {
  pass: 'passed',
  warn: 'warned',
  error: 'failed',
  no_baseline: 'no_baseline',
  waiting: 'waiting',
} as const;

/** Of all checks that were planned: one that was not evaluated has no result. */
export function checkRows(run: Checks): CheckRow[] {
  const results = checkResults(run);
  const rows = (run.plan?.checks ?? []).map(({ id, table, rule, severity }): CheckRow => {
    const result = results.get(id);
    return {
      check: id,
      table,
      kind: rule.kind,
      severity,
      status: result?.status ?? null,
      bad_rows: result?.badRows ?? null,
      rows: result?.rows ?? null,
      message: result?.message ?? null,
      failures: result?.failures?.rows ?? 0,
    };
  });
  return rows.sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.check.localeCompare(b.check),
  );
}
