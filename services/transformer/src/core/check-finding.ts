import { ANY_BAD_ROW, formatThreshold } from '@millrace/shared/core/check-threshold';
import type { CheckRule, CheckThreshold, PlannedCheck } from '@millrace/shared/core/check';
import type { Comparison } from '@millrace/shared/core/comparison';
import { formatCount } from '@millrace/shared/core/format-count';

/** What evaluating a check gave, before its severity is asked. */
export interface Finding {
  readonly verdict: Comparison['verdict'];
  /** More than 0 where the verdict is `bad`; 1 for comparisons of numbers. */
  readonly badRows: number;
  /** Of comparisons, and of what could not be evaluated: a clause with the numbers or the reason. */
  readonly message: string | null;
}

export function badRowsFinding(badRows: number): Finding {
  return { verdict: badRows === 0 ? 'good' : 'bad', badRows, message: null };
}

export function comparisonFinding({ verdict, message }: Comparison): Finding {
  return { verdict, badRows: verdict === 'bad' ? 1 : 0, message };
}

/** A sentence with the numbers: what was found and what is allowed. */
export function describeFinding(check: PlannedCheck, finding: Finding, rows: number): string {
  if (finding.verdict === 'unknown') return `could not be evaluated: ${finding.message ?? 'unknown reason'}`;
  if (finding.message !== null) return finding.message;
  const { badRows } = finding;
  const what = describeRule(check.rule);
  if (badRows === 0)
    return check.rule.kind === 'sql' ? `no bad rows: ${what}` : `none of ${formatCount(rows)} rows ${what}`;
  const count =
    check.rule.kind === 'sql'
      ? `${formatCount(badRows)} bad ${badRows === 1 ? 'row' : 'rows'}: ${what}`
      : `${formatCount(badRows)} of ${formatCount(rows)} rows ${badRows === 1 ? singular(what) : what}`;
  return `${count}${describeLimits(check)}`;
}

/** Of rows that break the rule, after their number. */
function describeRule(rule: CheckRule): string {
  switch (rule.kind) {
    case 'not_null':
      return `have no ${rule.column}`;
    case 'unique':
      return `share their ${rule.columns.join(', ')} with another`;
    case 'accepted_values':
      return `have ${withArticle(rule.column)} that is none of ${rule.values.map(String).join(', ')}`;
    case 'relationships':
      return `have ${withArticle(rule.column)} that is no ${rule.field} of ${rule.to}`;
    case 'range':
      return `have ${withArticle(rule.column)} that is not ${describeRange(rule)}`;
    case 'matches':
      return `have ${withArticle(rule.column)} that does not match ${rule.pattern}`;
    case 'sql':
      return rule.file;
    default:
      return rule.kind;
  }
}

function withArticle(name: string): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}

function singular(what: string): string {
  return what.replace(/^have /, 'has ').replace(/^share their /, 'shares its ');
}

function describeRange({ min, max }: Extract<CheckRule, { kind: 'range' }>): string {
  if (min === null) return `at most ${String(max)}`;
  return max === null ? `at least ${String(min)}` : `from ${String(min)} to ${String(max)}`;
}

function describeLimits({ severity, errorIf, warnIf }: PlannedCheck): string {
  const own = (threshold: CheckThreshold) => formatThreshold(threshold) !== formatThreshold(ANY_BAD_ROW);
  const limits = [
    ...(severity === 'error' && own(errorIf) ? [`error_if ${formatThreshold(errorIf)}`] : []),
    ...(own(warnIf) ? [`warn_if ${formatThreshold(warnIf)}`] : []),
  ];
  return limits.length === 0 ? '' : ` (${limits.join(', ')})`;
}
