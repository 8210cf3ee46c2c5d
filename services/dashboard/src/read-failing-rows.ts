import { reportChecks } from '@millrace/shared/core/report/check-report';
import type { FailingRow } from '@millrace/shared/core/run-checks';
import { readFailures } from '@millrace/shared/runtime/read-failures';
import { requireKnown } from '@millrace/shared/runtime/read-rejects';
import type { RunState } from '@millrace/shared/runtime/run-store';

import type { CheckRowsPage } from './api/check.ts';
import type { Cell } from './api/table.ts';
import { smallConfig } from './small-config.ts';
import type { DashboardTools } from './tools.ts';
import { cutText } from './view/cells.ts';

/** Of a check, as `millrace checks` shows them. Throws `usage` for a check that the run does not have. */
export async function readFailingRows(
  { bucket, config }: Pick<DashboardTools, 'bucket' | 'config'>,
  run: RunState,
  check: string,
  limit: number,
): Promise<CheckRowsPage> {
  const reports = reportChecks(run);
  requireKnown(
    'check',
    check,
    reports.map((report) => report.check),
  );
  const kept = reports.find((report) => report.check === check)?.failures ?? 0;
  const rows = kept === 0 ? [] : await readFailures(smallConfig(config), bucket, run, check, limit);
  return { check, ...asTable(rows), truncated: kept > rows.length };
}

function asTable(rows: readonly FailingRow[]): Pick<CheckRowsPage, 'columns' | 'rows'> {
  const values = rows.map(({ row }) => JSON.parse(row) as Readonly<Record<string, unknown>>);
  const names = [...new Set(values.flatMap((value) => Object.keys(value)))];
  // Rows of models are made of many records, and of none in particular.
  const hasOrigin = rows.some(({ origin }) => origin !== null);
  const columns = [...names, ...(hasOrigin ? ['file', 'record'] : [])].map((name) => ({ name, type: null }));
  return {
    columns,
    rows: rows.map(({ origin }, index) => [
      ...names.map((name) => cellOf(values[index]?.[name])),
      ...(hasOrigin ? [origin?.file ?? null, origin?.recordNumber ?? null] : []),
    ]),
  };
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return cutText(typeof value === 'string' ? value : JSON.stringify(value));
}
