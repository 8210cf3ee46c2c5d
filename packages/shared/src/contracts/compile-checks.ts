import { parseThreshold, ANY_BAD_ROW } from '../core/check-threshold.ts';
import type { CheckRule } from '../core/check.ts';
import { parseDuration } from '../core/duration.ts';
import { fail } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { CheckDeclaration } from '../core/pipeline.ts';
import type { Bundle } from './bundle-v1.ts';
import type { CheckFile } from './check-file.ts';
import { invalid, located, type Locate, type Path } from './locate.ts';

type Declared = Readonly<Record<string, readonly CheckFile[]>>;

const CHECK_FILE = /^checks\/([^/]+)\.sql$/;
const RULES = [
  'not_null',
  'unique',
  'accepted_values',
  'relationships',
  'range',
  'matches',
  'row_count',
  'freshness',
  'sum_equals',
  'sql',
  'anomaly',
] as const satisfies readonly CheckRule['kind'][];

/**
 * The checks of a pipeline, as far as they can be told without the columns of its tables.
 * Throws `pipeline_invalid` with file and line.
 * @param tables names of staged tables and models
 */
export function compileChecks(
  bundle: Bundle,
  declared: Declared,
  tables: readonly string[],
  locate: Locate,
): CheckDeclaration[] {
  const files = Object.keys(bundle.files).filter((name) => CHECK_FILE.test(name));
  const scope: Scope = { bundle, files, tables, locate };
  const written = Object.entries(declared).flatMap(([table, items]) => {
    requireTable(scope, table, ['checks', table]);
    return items.flatMap((check, index) => compileCheck(scope, table, check, ['checks', table, index]));
  });
  checkIds(written, locate);
  const checks = written.map(({ check }) => check);
  const assigned = new Set(checks.flatMap(({ rule }) => (rule.kind === 'sql' ? [rule.file] : [])));
  const others = files.filter((file) => !assigned.has(file)).map((file) => fileCheck(scope, file));
  return [...checks, ...others];
}

interface Scope {
  readonly bundle: Bundle;
  /** SQL files in `checks/`. */
  readonly files: readonly string[];
  readonly tables: readonly string[];
  readonly locate: Locate;
}

interface Written {
  readonly check: CheckDeclaration;
  readonly path: Path;
}

function compileCheck(scope: Scope, table: string, check: CheckFile, path: Path): Written[] {
  const { locate } = scope;
  const [kind, second] = RULES.filter((rule) => check[rule] !== undefined);
  if (kind === undefined) {
    throw invalid(locate, path, {
      message: `A check of '${table}' has no rule.`,
      hint: `Write one of ${RULES.join(', ')}.`,
    });
  }
  if (second !== undefined) {
    throw invalid(locate, [...path, second], {
      message: `A check of '${table}' has two rules, ${kind} and ${second}.`,
      hint: 'Write each as an item of its own, beginning with `-`.',
    });
  }
  const rules = located(locate, [...path, kind], () => rulesOf(scope, check));
  const errorIf = threshold(scope, check, 'error_if', path);
  const warnIf = threshold(scope, check, 'warn_if', path);
  return rules.map((rule) => {
    requireRows(scope, rule, check, path);
    if ('to' in rule) requireTable(scope, rule.to, [...path, kind, 'to']);
    const distribution = distributionOf(check);
    const name = check.name ?? [rule.kind, ...(distribution ?? subject(rule))].join('.');
    const part = distribution !== null && rule.kind === 'anomaly' ? `.${rule.measure}` : '';
    const id = `${table}.${name}${part}`;
    const severity = check.severity ?? 'error';
    const isOptional = distribution !== null && !hasParts(check);
    return {
      check: { id, table, rule, severity, errorIf, warnIf, isOptional, where: locate([...path, kind]) },
      path,
    };
  });
}

function fileCheck({ bundle }: Scope, file: string): CheckDeclaration {
  const sql = bundle.files[file] ?? '';
  return {
    id: file.replace(CHECK_FILE, 'checks.$1'),
    table: null,
    rule: { kind: 'sql', file, sql },
    severity: 'error',
    errorIf: ANY_BAD_ROW,
    warnIf: ANY_BAD_ROW,
    isOptional: false,
    where: file,
  };
}

/** One rule per column for `not_null`, one per measure for a distribution, else one. */
function rulesOf(scope: Scope, check: CheckFile): CheckRule[] {
  const { accepted_values: accepted, relationships, range, matches, sum_equals: sums, anomaly } = check;
  if (check.not_null !== undefined) {
    return list(check.not_null).map((column) => ({ kind: 'not_null', column }));
  }
  if (check.unique !== undefined) return [{ kind: 'unique', columns: list(check.unique) }];
  if (accepted !== undefined) return [{ kind: 'accepted_values', ...accepted }];
  if (relationships !== undefined) {
    const { column, to, field = column } = relationships;
    return [{ kind: 'relationships', column, to, field }];
  }
  if (range !== undefined) return [rangeRule(range)];
  if (matches !== undefined) return [{ kind: 'matches', ...matches }];
  if (check.row_count !== undefined) return [rowCountRule(check.row_count)];
  if (check.freshness !== undefined) {
    const { column, max_age: age } = check.freshness;
    return [{ kind: 'freshness', column, maxAgeMs: durationMs(age) }];
  }
  if (sums !== undefined) {
    const { column, to, field = column, tolerance = 0 } = sums;
    return [{ kind: 'sum_equals', column, to, field, tolerance }];
  }
  if (check.sql !== undefined) return [sqlRule(scope, check.sql)];
  return anomaly === undefined ? [] : anomalyRules(anomaly);
}

function rangeRule({ column, min, max }: NonNullable<CheckFile['range']>): CheckRule {
  if (min === undefined && max === undefined) throw wrong('A range needs min, max or both.');
  return { kind: 'range', column, min: min ?? null, max: max ?? null };
}

function rowCountRule({ min, max, change }: NonNullable<CheckFile['row_count']>): CheckRule {
  if (min === undefined && max === undefined && change === undefined) {
    throw wrong('A row_count needs min, max or change.');
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw wrong(`A row_count of at least ${min} and at most ${max} is impossible.`);
  }
  return {
    kind: 'row_count',
    min: min ?? null,
    max: max ?? null,
    change: change === undefined ? null : share(change),
  };
}

function sqlRule({ bundle, files }: Scope, file: string): CheckRule {
  const sql = CHECK_FILE.test(file) ? bundle.files[file] : undefined;
  if (sql !== undefined) return { kind: 'sql', file, sql };
  throw wrong(
    `There is no file '${file}'.${didYouMean(file, files)}`,
    files.length === 0 ? 'Write the SELECT into checks/<name>.sql.' : `Files: ${files.join(', ')}.`,
  );
}

/** Of a distribution. Which of them a column has is known with its type. */
const PARTS = ['mean', 'min', 'max', 'distinct', 'freshness'] as const;
/** Least and greatest values are often the same for weeks, and then any other value would be an anomaly. */
const DISTRIBUTION_FLOOR = 0.1;

/** What tells checks of one distribution from others; null for any other check. */
function distributionOf({ anomaly }: CheckFile): string[] | null {
  if (anomaly === undefined || anomaly === 'volume' || anomaly.measure !== 'distribution') return null;
  return ['distribution', anomaly.column ?? ''];
}

function hasParts({ anomaly }: CheckFile): boolean {
  return typeof anomaly === 'object' && anomaly.of !== undefined;
}

function anomalyRules(written: NonNullable<CheckFile['anomaly']>): CheckRule[] {
  const wish = written === 'volume' ? { measure: written } : written;
  if (wish.measure !== 'distribution' && wish.of !== undefined) throw wrong('Only a distribution has `of`.');
  if (wish.measure === 'volume' && wish.column !== undefined) {
    throw wrong('Volume is the number of rows, and has no column.');
  }
  if (wish.measure !== 'volume' && wish.column === undefined) throw wrong(`${wish.measure} needs a column.`);
  const isDistribution = wish.measure === 'distribution';
  const measures = wish.measure === 'distribution' ? (wish.of ?? PARTS) : [wish.measure];
  const floor = wish.floor ?? (isDistribution ? DISTRIBUTION_FLOOR : 0);
  // Its measures have different units.
  const floorIn = isDistribution || typeof floor === 'string' ? 'share' : 'measure';
  return [...new Set(measures)].map((measure) => ({
    kind: 'anomaly',
    measure,
    column: wish.column ?? null,
    threshold: wish.threshold ?? 3,
    direction: wish.direction ?? 'both',
    floor: share(floor),
    floorIn,
    failOnZero: wish.fail_on_zero ?? false,
  }));
}

const PERCENT = /^(\d+(?:\.\d+)?) *%$/;

function share(written: number | string): number {
  if (typeof written === 'number') return written;
  const [, percent] = PERCENT.exec(written.trim()) ?? [];
  if (percent === undefined) throw wrong(`'${written}' is no share.`, 'Write 0.5 or 50 %.');
  return Number(`${percent}e-2`);
}

function durationMs(written: string): number {
  const seconds = parseDuration(written);
  if (seconds !== null) return seconds * 1000;
  throw wrong(
    `'${written}' is no duration.`,
    'Write seconds, minutes, hours, days or weeks, such as `2 days`.',
  );
}

function threshold({ locate }: Scope, check: CheckFile, key: 'error_if' | 'warn_if', path: Path) {
  const written = check[key];
  return written === undefined ? ANY_BAD_ROW : located(locate, [...path, key], () => parseThreshold(written));
}

/** Rules that compare two numbers hold or do not; how many rows are bad is no question there. */
const COMPARISONS: ReadonlySet<CheckRule['kind']> = new Set([
  'row_count',
  'freshness',
  'sum_equals',
  'anomaly',
]);

function requireRows({ locate }: Scope, rule: CheckRule, check: CheckFile, path: Path): void {
  const key = (['error_if', 'warn_if'] as const).find((name) => check[name] !== undefined);
  if (key === undefined || !COMPARISONS.has(rule.kind)) return;
  throw invalid(locate, [...path, key], {
    message: `'${key}' counts bad rows, and ${rule.kind} has none: it holds or it does not.`,
    hint: 'Say how bad it is with `severity: warn`.',
  });
}

/** Columns that tell checks of one rule apart. */
function subject(rule: CheckRule): string[] {
  switch (rule.kind) {
    case 'unique':
      return [rule.columns.join('+')];
    case 'row_count':
      return [];
    case 'sql':
      return [rule.file.replace(CHECK_FILE, '$1')];
    case 'anomaly':
      return [rule.measure, ...(rule.column === null ? [] : [rule.column])];
    default:
      return [rule.column];
  }
}

function requireTable({ tables, locate }: Scope, table: string, path: Path): void {
  if (tables.includes(table)) return;
  throw invalid(locate, path, {
    message: `'${table}' is neither a staged table nor a model.${didYouMean(table, tables)}`,
    hint: `Known: ${tables.join(', ')}.`,
  });
}

function checkIds(checks: readonly Written[], locate: Locate): void {
  const seen = new Set<string>();
  for (const { check, path } of checks) {
    const { id } = check;
    if (seen.has(id)) {
      throw invalid(locate, path, {
        message: `Two checks have the id '${id}'.`,
        hint: 'Take one out, or tell them apart with `name:`.',
      });
    }
    seen.add(id);
  }
}

function list(columns: string | readonly string[]): readonly string[] {
  return typeof columns === 'string' ? [columns] : columns;
}

/** The caller adds the place. */
function wrong(message: string, hint?: string): Error {
  return fail('pipeline_invalid', { message, hint });
}
