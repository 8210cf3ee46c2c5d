import type { CheckKind, CheckSeverity, CheckStatus, PlannedCheck } from '../check.ts';
import type { CheckRecord } from '../run-checks.ts';
import type { RunView } from './run-view.ts';

export interface CheckCounts {
  readonly total: number;
  readonly passed: number;
  readonly warned: number;
  readonly failed: number;
  readonly no_baseline: number;
  /** Not evaluated (yet). */
  readonly waiting: number;
}

/** A check of a run, evaluated or not. Fields are stable. */
export interface CheckReport {
  readonly check: string;
  readonly table: string;
  readonly kind: CheckKind;
  readonly severity: CheckSeverity;
  /** Null: not evaluated (yet). */
  readonly status: CheckStatus | null;
  readonly bad_rows: number | null;
  readonly rows: number | null;
  /** A sentence with the numbers; null before it was evaluated. */
  readonly message: string | null;
  /** How many bad rows were kept. */
  readonly failures: number;
}

/** The checks of a run: those that failed first, then those that warn, then by table as the plan has them. */
export function reportChecks({ plan, manifests }: Pick<RunView, 'plan' | 'manifests'>): CheckReport[] {
  const results = new Map(
    [...manifests.values()].flatMap(({ checked }) =>
      (checked?.results ?? []).map((result) => [result.check, result] as const),
    ),
  );
  const reports = (plan?.checks ?? []).map((check) => {
    const result = results.get(check.id);
    return result === undefined
      ? waitingCheck(check)
      : evaluatedCheck({ ...result, keptRows: result.failures?.rows ?? 0 });
  });
  return worstFirst(reports);
}

export function countChecks(checks: readonly CheckReport[]): CheckCounts {
  const count = (status: CheckStatus | null) => checks.filter((check) => check.status === status).length;
  return {
    total: checks.length,
    passed: count('pass'),
    warned: count('warn'),
    failed: count('error'),
    no_baseline: count('no_baseline'),
    waiting: count(null),
  };
}

function waitingCheck({ id, table, rule, severity }: PlannedCheck): CheckReport {
  const unknown = { status: null, bad_rows: null, rows: null, message: null, failures: 0 } as const;
  return { check: id, table, kind: rule.kind, severity, ...unknown };
}

function evaluatedCheck(record: CheckRecord): CheckReport {
  const { check, table, kind, severity, status, badRows, rows, message, keptRows } = record;
  return { check, table, kind, severity, status, bad_rows: badRows, rows, message, failures: keptRows };
}

const ORDER: readonly (CheckStatus | null)[] = ['error', 'warn', 'no_baseline', 'pass', null];

function worstFirst(checks: readonly CheckReport[]): CheckReport[] {
  return [...checks].sort((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status));
}
