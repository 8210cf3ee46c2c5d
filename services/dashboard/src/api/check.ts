import type { CheckKind, CheckSeverity, CheckStatus } from '@millrace/shared/core/check';

import type { Cell, TableColumn } from './table.ts';

export interface CheckCounts {
  readonly total: number;
  readonly passed: number;
  readonly warned: number;
  readonly failed: number;
  readonly no_baseline: number;
  /** Not evaluated (yet). */
  readonly waiting: number;
}

/** GET /api/runs/:run/checks — those that failed first, then those that warn, then by table. */
export interface ChecksPage {
  readonly run: string;
  readonly counts: CheckCounts;
  readonly checks: readonly CheckRow[];
}

export interface CheckRow {
  readonly check: string;
  readonly table: string;
  readonly kind: CheckKind;
  readonly severity: CheckSeverity;
  /** Null: not evaluated (yet). */
  readonly status: CheckStatus | null;
  readonly bad_rows: number | null;
  readonly rows: number | null;
  /** A sentence with the numbers; null before it was evaluated. */
  readonly message: string | null;
  /** How many failing rows were kept; ask GET …/checks/:check/rows. */
  readonly failures: number;
}

/** GET /api/runs/:run/checks/:check/rows?limit= — failing rows with the columns of the table and their origin. */
export interface CheckRowsPage {
  readonly check: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
  readonly truncated: boolean;
}
