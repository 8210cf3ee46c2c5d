import type { CheckStatus } from '@millrace/shared/core/check';
import { countChecks, type CheckReport } from '@millrace/shared/core/report/check-report';
import type { RowOrigin } from '@millrace/shared/core/row-origin';
import type { FailingRow } from '@millrace/shared/core/run-checks';
import type { QueryValue } from '@millrace/shared/ports/destination-reader';

import { escapeControls } from './escape.ts';
import { formatCount, plural } from './quantity.ts';
import { renderQueryResult } from './query-result.ts';
import type { Style, Tone } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
  /** How the CLI is called. */
  readonly own: string;
}

const WORDS: Record<CheckStatus, string> = {
  pass: 'passed',
  warn: 'warned',
  error: 'failed',
  no_baseline: 'no baseline',
};
const TONES: Partial<Record<CheckStatus, Tone>> = { warn: 'warn', error: 'bad' };

/** What a replay was not asked, and why. */
function describeLeftOut(leftOut: readonly string[]): string[] {
  if (leftOut.length === 0) return [];
  const names = leftOut.map(escapeControls).join(', ');
  return [`Not asked of a replay, whose few records cannot answer for whole tables: ${names}.`];
}

/** All checks of a run as a table, with what a replay was not asked, and a sentence with the numbers of each one that did not pass. */
export function renderChecks(
  {
    run,
    pipeline,
    leftOut,
  }: { readonly run: string; readonly pipeline: string; readonly leftOut: readonly string[] },
  checks: readonly CheckReport[],
  options: Options,
): string[] {
  const title = `${plural(checks.length, 'check')} of ${run} of ${pipeline}`;
  const notAsked = describeLeftOut(leftOut).map((line) => options.style('dim', line));
  if (checks.length === 0) return [title, ...notAsked];
  return [
    `${title}: ${describeCounts(checks)}`,
    ...notAsked,
    '',
    ...renderTable(
      [
        { header: 'check' },
        { header: 'severity', squeeze: 'spare' },
        { header: 'result', squeeze: 'whole' },
        { header: 'bad rows', align: 'right', squeeze: 'whole' },
        { header: 'of rows', align: 'right', squeeze: 'whole' },
      ],
      checks.map(({ check, severity, status, bad_rows, rows }) => [
        escapeControls(check),
        severity,
        status === null ? 'waits' : WORDS[status],
        bad_rows === null ? '' : formatCount(bad_rows),
        rows === null ? '' : formatCount(rows),
      ]),
      options,
    ),
  ];
}

function describeCounts(checks: readonly CheckReport[]): string {
  const { failed, warned, passed, no_baseline, waiting } = countChecks(checks);
  const parts = [
    { count: failed, word: 'failed' },
    { count: warned, word: 'warned' },
    { count: no_baseline, word: 'without a baseline yet' },
    { count: waiting, word: 'not evaluated' },
    { count: passed, word: 'passed' },
  ];
  return parts
    .filter(({ count }) => count > 0)
    .map(({ count, word }) => `${formatCount(count)} ${word}`)
    .join(', ');
}

/** What a check that did not pass found, and bad rows with the records that they were made of. */
export function renderFailingRows(
  { check, status, message, failures, bad_rows }: CheckReport,
  rows: readonly FailingRow[],
  { width, style, own }: Options,
): string[] {
  if (status === null || status === 'pass') return [];
  const head = `${style(TONES[status] ?? 'strong', WORDS[status])} ${style('strong', escapeControls(check))}`;
  const explained = ['', head, ...(message ?? '').split('\n').map((line) => `  ${escapeControls(line)}`)];
  if (rows.length === 0) return explained;
  const table = renderQueryResult(asResult(rows), { width: width - 2, style }).map((line) => `  ${line}`);
  const more = rows.length < (bad_rows ?? failures);
  const kept = failures < (bad_rows ?? 0) ? ` of ${formatCount(failures)} that were kept` : '';
  return [
    ...explained,
    ...table,
    ...(more
      ? [
          `  the first ${formatCount(rows.length)}${kept}; see more with: ${own} checks --check ${check} --limit <n>`,
        ]
      : []),
  ];
}

/** Bad rows as a query would give them, the record in front where one is known. */
function asResult(rows: readonly FailingRow[]) {
  const values = rows.map(({ row }) => JSON.parse(row) as Record<string, unknown>);
  const names = [...new Set(values.flatMap((row) => Object.keys(row)))];
  const hasOrigin = rows.some(({ origin }) => origin !== null);
  const columns = [...(hasOrigin ? ['record'] : []), ...names].map((name) => ({ name, type: null }));
  return {
    columns,
    rows: values.map((row, index) => [
      ...(hasOrigin ? [describeOrigin(rows[index]?.origin ?? null)] : []),
      ...names.map((name) => cell(row[name])),
    ]),
  };
}

/** `data/orders.json record 12`. */
export function describeOrigin(origin: RowOrigin | null): string {
  if (origin === null) return '';
  return origin.recordNumber === null ? origin.file : `${origin.file} record ${origin.recordNumber}`;
}

function cell(value: unknown): QueryValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
