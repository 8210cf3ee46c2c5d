import type { DriftReport } from '@millrace/shared/core/report/drift-report';

import { escapeControls } from './escape.ts';
import { formatCount } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

const SHOWN = 20;

/** How the data differs from what is declared, with a heading; nothing where it does not. */
export function renderDriftSection(drift: readonly DriftReport[], options: Options): string[] {
  if (drift.length === 0) return [];
  const lines = renderDrift(drift.slice(0, SHOWN), { ...options, width: options.width - 2 });
  const rest = drift.length - SHOWN;
  return [
    '',
    `${options.style('warn', 'drift')}  the data is not as declared`,
    ...lines.map((line) => `  ${line}`),
    ...(rest > 0 ? [`  and ${rest} more: --json has them all`] : []),
  ];
}

/** A line for each difference: where it is, what was found, and what becomes of it. */
export function renderDrift(drift: readonly DriftReport[], options: Options): string[] {
  const [, ...lines] = renderTable(
    [{ header: '', squeeze: 'whole' }, { header: '', squeeze: 'whole' }, { header: '' }, { header: '' }],
    drift.map((one) => [
      SIGNS[one.change],
      escapeControls(`${one.table}.${one.path}`),
      escapeControls(describeChange(one)),
      describeFate(one),
    ]),
    options,
  );
  return lines;
}

export const SIGNS = { new_column: '+', missing_column: '-', changed_type: '~' } as const;

export function describeChange({
  change,
  declared,
  found,
  rows,
  sampled_rows,
  example,
}: DriftReport): string {
  const share =
    rows === null ? '' : ` in ${formatCount(rows)} of ${formatCount(sampled_rows ?? 0)} sampled rows`;
  const such = example === null ? '' : `, such as ${example}`;
  switch (change) {
    case 'new_column':
      return found === null && rows === 0
        ? 'new, without values'
        : `new${found === null ? '' : `, ${found}`}${share}${such}`;
    case 'missing_column':
      return `${declared ?? ''}, missing${share}`;
    case 'changed_type':
      return `${declared ?? ''}, found ${found ?? 'other values'}${share}${such}`;
  }
}

/** What the contract of its table says of it. */
function describeFate({ change, mode, values_left_out: values }: DriftReport): string {
  const counted = values === 0 ? '' : ` (${formatCount(values)} in all)`;
  switch (mode) {
    case 'report':
      return change === 'new_column' ? 'not read' : 'null';
    case 'evolve':
      return `${change === 'new_column' ? 'becomes a column' : change === 'missing_column' ? 'null' : 'the type follows'}${counted}`;
    case 'freeze':
      return 'the run fails';
    case 'reject_row':
      return 'records rejected';
    case 'drop_value':
      return `${change === 'missing_column' ? 'null' : 'left out'}${counted}`;
  }
}
