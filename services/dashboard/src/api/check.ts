import type { CheckCounts, CheckReport } from '@millrace/shared/core/report/check-report';

import type { Cell, TableColumn } from './table.ts';

export type { CheckCounts } from '@millrace/shared/core/report/check-report';

/** As `millrace checks --json` prints a check. */
export type CheckRow = CheckReport;

/** GET /api/runs/:run/checks — those that failed first, then those that warn, then by table. */
export interface ChecksPage {
  readonly run: string;
  readonly counts: CheckCounts;
  readonly checks: readonly CheckRow[];
}

/** GET /api/runs/:run/checks/:check/rows?limit= — failing rows with the columns of the table and their origin. */
export interface CheckRowsPage {
  readonly check: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether more were kept than these. */
  readonly truncated: boolean;
}
