import type { PlanReport } from '../plan-report.ts';
import { escapeControls } from './escape.ts';
import { formatCount, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { truncate } from './width.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

type Destination = PlanReport['destinations'][number];
type TableChange = Destination['tables'][number];
type Source = PlanReport['sources'][number];

const INDENT = '  ';

/** What would become of the tables of a destination; what the load would refuse comes with the reason. */
export function renderDestination({ type, path, tables }: Destination, options: Options): string[] {
  const { style } = options;
  const rows = tables.map((table) => [table.table, describeChange(table)]);
  const [, ...lines] = renderTable([{ header: '', squeeze: 'whole' }, { header: '' }], rows, {
    ...options,
    width: options.width - INDENT.length,
  });
  const refusals = tables.flatMap(({ table, error }) =>
    error === null
      ? []
      : [
          style('bad', `${INDENT}${table} would fail: ${escapeControls(error.message)}`),
          ...(error.hint === null ? [] : [`${INDENT}  try: ${escapeControls(error.hint)}`]),
        ],
  );
  return [
    '',
    `${style('strong', 'destination')}  ${escapeControls(path)} (${type})`,
    ...lines.map((line) => INDENT + line),
    ...refusals,
  ];
}

function describeChange({ change, columns, add, absent }: TableChange): string {
  const gone = absent.length === 0 ? '' : `; null in new rows: ${absent.join(', ')}`;
  switch (change) {
    case 'create':
      return `is made, with ${plural(columns.length, 'column')}`;
    case 'recreate':
      return `is made anew, with ${plural(columns.length, 'column')}: its columns change`;
    case 'widen':
      return `gets ${plural(add.length, 'column')}: ${add.join(', ')}${gone}`;
    case 'keep':
      return `stays as it is${gone}`;
    case 'files':
      return `new files, with ${plural(columns.length, 'column')}`;
    case 'refused':
      return 'would be refused';
  }
}

/** The rejects of sampled records by reason, with places; nothing where none were judged. */
export function renderExpectedRejects(sources: readonly Source[], options: Options): string[] {
  return sources.flatMap((source) => renderSourceRejects(source, options));
}

function renderSourceRejects(source: Source, { width, style }: Options): string[] {
  const { expected_rejects: groups, sampled_records: sampled, sample_is_whole: isWhole } = source;
  if (groups === null) return [];
  const rejected = groups.reduce((total, group) => total + group.sampled_records, 0);
  const of = isWhole ? `all ${plural(sampled, 'record')}` : plural(sampled, 'sampled record');
  const head = `${style('strong', `rejects of ${source.source}`)}  ${rejected === 0 ? 'none' : formatCount(rejected)} in ${of}`;
  return ['', head, ...groups.flatMap((group) => renderGroup(group, width))];
}

function renderGroup(group: NonNullable<Source['expected_rejects']>[number], width: number): string[] {
  return [
    `${INDENT}${group.reason}  ${formatCount(group.sampled_records)}`,
    ...group.examples.flatMap(({ file, line, record_number, byte_offset, message }) => {
      const place = line === null ? `record ${record_number}` : `line ${line}, byte ${byte_offset ?? 0}`;
      return [`${file}, ${place}`, `  ${message}`].map((text) =>
        truncate(`${INDENT}${INDENT}${escapeControls(text)}`, width),
      );
    }),
  ];
}
