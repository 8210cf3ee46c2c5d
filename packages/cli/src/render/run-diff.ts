import type { ProfileChange } from '../core/profile-change.ts';
import type { RowDiff, TableDiff } from '../diff/table-diff.ts';
import { escapeControls } from './escape.ts';
import { formatCount, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { meanText } from './table-history.ts';
import { renderTable } from './table.ts';
import { truncate } from './width.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

type Value = string | number | null;

interface DiffedRun {
  readonly run: string;
  readonly pipeline: string;
  readonly status: string;
}

interface RunDiff {
  readonly before: DiffedRun;
  readonly after: DiffedRun;
  readonly tables_added: readonly string[];
  readonly tables_removed: readonly string[];
  readonly tables: readonly TableDiff[];
}

/** Two runs side by side: a block for each table, with what became more after `+`, less after `-`, other after `~`. */
export function renderRunDiff(diff: RunDiff, options: Options): string[] {
  const describe = ({ run, pipeline, status }: DiffedRun) => `${run}  ${escapeControls(pipeline)}, ${status}`;
  return [
    `before  ${describe(diff.before)}`,
    `after   ${describe(diff.after)}`,
    ...diff.tables_removed.map((name) => options.style('bad', missing('-', name, diff.after))),
    ...diff.tables_added.map((name) => options.style('good', missing('+', name, diff.before))),
    ...diff.tables.flatMap((table) => ['', ...renderTableDiff(table, options)]),
  ];
}

/** A run that was not published may have ended before it made the table. */
function missing(sign: string, name: string, { status }: DiffedRun): string {
  const why = status === 'published' ? '' : ` (the ${status} run has not made it)`;
  return `${sign} table ${escapeControls(name)}${why}`;
}

function renderTableDiff(diff: TableDiff, options: Options): string[] {
  const how = diff.key === null ? 'whole rows' : `by ${diff.key.map(escapeControls).join(', ')}`;
  const head = `${options.style('strong', escapeControls(diff.table))}  ${options.style('dim', how)}`;
  const lines = [
    ...renderColumns(diff, options),
    ...(diff.rows === null ? notCompared(diff) : renderRows(diff.rows, options)),
    ...renderProfile(diff, options),
  ];
  return [head, ...lines.map((line) => `  ${line}`)];
}

function notCompared({ compared }: TableDiff): string[] {
  if (compared !== null) return ['The runs have no column in common, so no rows were compared.'];
  return [
    'The rows of one run are gone: pruned from the bucket, and not appended to a destination that both published to.',
  ];
}

function renderColumns({ columns }: TableDiff, { style }: Options): string[] {
  return [
    ...columns.removed.map(({ name, type }) => style('bad', `- column ${escapeControls(name)} ${type}`)),
    ...columns.added.map(({ name, type }) => style('good', `+ column ${escapeControls(name)} ${type}`)),
    ...columns.retyped.map(({ name, before, after }) =>
      style('warn', `~ column ${escapeControls(name)}: ${before} → ${after}`),
    ),
  ];
}

function renderRows(rows: RowDiff, options: Options): string[] {
  const { style } = options;
  const isSame = rows.added + rows.removed + rows.changed === 0;
  if (isSame) return [`${plural(rows.after, 'row')}, all the same`];
  const counts = [
    `${formatCount(rows.before)} → ${plural(rows.after, 'row')}:`,
    ...(rows.removed > 0 ? [style('bad', `-${formatCount(rows.removed)}`)] : []),
    ...(rows.added > 0 ? [style('good', `+${formatCount(rows.added)}`)] : []),
    ...(rows.changed > 0 ? [style('warn', `~${formatCount(rows.changed)}`)] : []),
    style('dim', `${formatCount(rows.unchanged)} unchanged`),
  ];
  const columns = Object.entries(rows.changed_columns)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${escapeControls(name)} in ${formatCount(count)}`);
  const ambiguous =
    rows.shared_keys === 0
      ? []
      : [style('warn', `${plural(rows.shared_keys, 'key')} of differing rows not unique: is this the key?`)];
  return [
    counts.join('  '),
    ...ambiguous,
    ...(columns.length === 0 ? [] : [`changed: ${columns.join(', ')}`]),
    ...renderExamples(rows, options),
  ];
}

function renderExamples({ examples }: RowDiff, { width, style }: Options): string[] {
  const fitted = (text: string) => truncate(text, width - 2);
  const values = (row: Readonly<Record<string, Value>>) =>
    Object.entries(row)
      .map(([name, value]) => `${escapeControls(name)}=${valueText(value)}`)
      .join(' ');
  return [
    ...examples.removed.map((row) => style('bad', fitted(`- ${values(row)}`))),
    ...examples.added.map((row) => style('good', fitted(`+ ${values(row)}`))),
    ...examples.changed.map(({ key, columns }) => {
      const changes = Object.entries(columns).map(
        ([name, { before, after }]) => `${escapeControls(name)} ${valueText(before)} → ${valueText(after)}`,
      );
      return style('warn', fitted(`~ ${values(key)}: ${changes.join(', ')}`));
    }),
  ];
}

function valueText(value: Value): string {
  return value === null ? 'null' : escapeControls(String(value));
}

function renderProfile({ profile }: TableDiff, options: Options): string[] {
  if (profile.length === 0) return [];
  const rows = profile.map((change) => [
    escapeControls(change.column),
    change.measure === 'distinct' ? 'distinct (approx.)' : change.measure,
    profileText(change, change.before),
    profileText(change, change.after),
  ]);
  const columns = [{ header: 'column' }, { header: 'measure' }, { header: 'before' }, { header: 'after' }];
  return renderTable(columns, rows, { ...options, width: options.width - 2 });
}

function profileText({ measure, type }: ProfileChange, value: Value): string {
  if (typeof value !== 'number') return escapeControls(value ?? '');
  return measure === 'mean' ? meanText(type, value) : formatCount(value);
}
