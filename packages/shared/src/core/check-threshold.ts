import type { CheckSeverity, CheckStatus, CheckThreshold } from './check.ts';
import { fail } from './errors.ts';

/** Without `error_if` or `warn_if`, as in dbt: one bad row is enough. */
export const ANY_BAD_ROW: CheckThreshold = { operator: '!=', value: 0, unit: 'rows' };

const THRESHOLD = /^(>=|<=|!=|>|<|=) *(\d+(?:\.\d+)?) *(%?)$/;

/** Reads `> 10` (bad rows) or `>= 1.5 %` (of the rows of the table). Throws `pipeline_invalid`. */
export function parseThreshold(written: string): CheckThreshold {
  const [, operator, number, percent] = THRESHOLD.exec(written.trim()) ?? [];
  const isRatio = percent === '%';
  if (operator === undefined || number === undefined || (!isRatio && number.includes('.'))) {
    throw fail('pipeline_invalid', {
      message: `'${written}' is no threshold of bad rows.`,
      hint: "Write a comparison with a number of rows or with a share of them: '> 10', '>= 1 %'.",
    });
  }
  return {
    operator: operator as CheckThreshold['operator'],
    // Divided by 100 as text is: 0.07 is the nearest double of 7 %, while 7 / 100 may be the one beside it.
    value: isRatio ? Number(`${number}e-2`) : Number(number),
    unit: isRatio ? 'ratio' : 'rows',
  };
}

/** As a person writes it. */
export function formatThreshold({ operator, value, unit }: CheckThreshold): string {
  return unit === 'rows' ? `${operator} ${value}` : `${operator} ${Number((value * 100).toPrecision(12))} %`;
}

/** Bad rows of a table; a query may give some although the table has none: that is more than any share of it. */
export interface BadCount {
  readonly badRows: number;
  readonly rows: number;
}

/**
 * In dbt's order: with severity `error`, `error_if` is asked first; whatever does not fail by it, and everything of
 * severity `warn`, is asked `warn_if`.
 */
export function judgeCheck(
  check: {
    readonly severity: CheckSeverity;
    readonly errorIf: CheckThreshold;
    readonly warnIf: CheckThreshold;
  },
  count: BadCount,
): Extract<CheckStatus, 'pass' | 'warn' | 'error'> {
  if (check.severity === 'error' && isMet(check.errorIf, count)) return 'error';
  return isMet(check.warnIf, count) ? 'warn' : 'pass';
}

function isMet({ operator, value, unit }: CheckThreshold, { badRows, rows }: BadCount): boolean {
  const found = unit === 'rows' || badRows === 0 ? badRows : badRows / rows;
  switch (operator) {
    case '>':
      return found > value;
    case '>=':
      return found >= value;
    case '<':
      return found < value;
    case '<=':
      return found <= value;
    case '=':
      return found === value;
    case '!=':
      return found !== value;
  }
}
