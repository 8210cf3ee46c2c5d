import { formatCount } from './format-count.ts';
import type { CheckRule } from './check.ts';
import type { Comparison } from './comparison.ts';

type RowCountRule = Extract<CheckRule, { readonly kind: 'row_count' }>;

/**
 * Whether a table has as many rows as it should.
 * @param baseline volumes of earlier published runs, the newest first
 */
export function judgeRowCount(rule: RowCountRule, rows: number, baseline: readonly number[]): Comparison {
  const { min, max, change } = rule;
  const counted = rows === 1 ? '1 row' : `${formatCount(rows)} rows`;
  if (min !== null && rows < min)
    return { verdict: 'bad', message: `${counted}, at least ${formatCount(min)} expected` };
  if (max !== null && rows > max)
    return { verdict: 'bad', message: `${counted}, at most ${formatCount(max)} expected` };
  if (change === null) return { verdict: 'good', message: `${counted}` };
  const [before] = baseline;
  if (before === undefined) {
    return { verdict: 'no_baseline', message: `${counted}; no earlier published run to compare with` };
  }
  const compared = `${counted}, ${formatCount(before)} in the last published run (${signedPercent(rows, before)}; ${percent(change)} allowed)`;
  return { verdict: Math.abs(rows - before) > change * before ? 'bad' : 'good', message: compared };
}

function signedPercent(rows: number, before: number): string {
  if (rows === before) return 'no change';
  if (before === 0) return 'none before';
  return `${rows > before ? '+' : '-'}${percent(Math.abs(rows - before) / before)}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
