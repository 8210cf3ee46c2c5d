import { formatCount } from './format-count.ts';
import { BASELINE_MIN_RUNS, type AnomalyMeasure, type CheckRule } from './check.ts';
import type { Comparison } from './comparison.ts';

type AnomalyRule = Extract<CheckRule, { readonly kind: 'anomaly' }>;

/**
 * Whether a measure is far from those of earlier runs.
 * @param value of this run; null when it could not be measured
 * @param baseline of earlier published runs
 */
export function judgeAnomaly(
  rule: AnomalyRule,
  value: number | null,
  baseline: readonly number[],
): Comparison {
  if (value === null) {
    return { verdict: 'unknown', message: `${nameOf(rule)} could not be measured: there are no values` };
  }
  const found = `${nameOf(rule)} is ${inUnit(rule.measure, value)}`;
  if (rule.failOnZero && value === 0) {
    return { verdict: 'bad', message: `${found}, which fail_on_zero does not allow` };
  }
  if (baseline.length < BASELINE_MIN_RUNS) {
    const message = `${found}; ${baseline.length} of the last published runs have this measure, and ${BASELINE_MIN_RUNS} are needed to judge by`;
    return { verdict: 'no_baseline', message };
  }
  const { mean, deviation, score } = scoreOf(value, baseline);
  const isFar =
    (rule.direction !== 'down' && score > rule.threshold) ||
    (rule.direction !== 'up' && score < -rule.threshold);
  const before = `the last ${baseline.length} published runs had ${inUnit(rule.measure, mean)} on average`;
  if (deviation === 0 && score !== 0) {
    return decide(rule, isFar, { mean, value }, `${found}; ${before}, all the same`);
  }
  const distance = `${rounded(Math.abs(score))} standard deviations ${score < 0 ? 'below' : 'above'} it (one is ${inUnit(rule.measure, deviation)})`;
  const message = `${found}; ${before}: ${distance}, ${rule.threshold} allowed`;
  return decide(rule, isFar, { mean, value }, message);
}

function decide(
  rule: AnomalyRule,
  isFar: boolean,
  { mean, value }: { readonly mean: number; readonly value: number },
  message: string,
): Comparison {
  if (!isFar) return { verdict: 'good', message };
  const isShare = rule.floorIn === 'share';
  const least = isShare ? rule.floor * Math.abs(mean) : rule.floor;
  if (Math.abs(value - mean) >= least) return { verdict: 'bad', message };
  const allowed = isShare ? `${rounded(rule.floor * 100)} % of it` : inUnit(rule.measure, rule.floor);
  const floor = `differences under ${allowed} are allowed`;
  return { verdict: 'good', message: `${message}, but ${floor}` };
}

export interface Score {
  readonly mean: number;
  /** Standard deviation of a sample: divided by one less than the number of values. */
  readonly deviation: number;
  /** In standard deviations; infinite for a value that differs from others that are all the same. */
  readonly score: number;
}

/** Where a value stands among others, of which there are at least two. */
export function scoreOf(value: number, others: readonly number[]): Score {
  // Counted from one of them, so that values that are all the same have exactly no deviation.
  const [origin = 0] = others;
  const offset = others.reduce((sum, other) => sum + (other - origin), 0) / others.length;
  const squares = others.reduce((sum, other) => sum + (other - origin - offset) ** 2, 0);
  const deviation = Math.sqrt(squares / (others.length - 1));
  const difference = value - origin - offset;
  return { mean: origin + offset, deviation, score: difference === 0 ? 0 : difference / deviation };
}

function nameOf({ measure, column }: AnomalyRule): string {
  switch (measure) {
    case 'volume':
      return 'the number of rows';
    case 'freshness':
      return `the age of the newest ${column}`;
    case 'null_share':
      return `the share of rows without ${column}`;
    case 'distinct':
      return `the number of different values of ${column}`;
    case 'min':
      return `the least ${column}`;
    case 'mean':
      return `the mean of ${column}`;
    case 'max':
      return `the greatest ${column}`;
  }
}

function inUnit(measure: AnomalyMeasure, value: number): string {
  switch (measure) {
    case 'freshness':
      return `${rounded(value)} s`;
    case 'null_share':
      return `${rounded(value * 100)} %`;
    default:
      return rounded(value);
  }
}

/** With as many digits as people compare. */
function rounded(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(4)));
}
