import { balanceSheet } from '../balance-sheet.ts';

import type { RunView } from './run-view.ts';

/**
 * The balance sheet of a run for `--json`: records per file, rows per table from its batches to the destinations.
 * `balances` is null where a count is still to come, or never came because the run failed.
 */
export interface BalanceReport {
  readonly balances: boolean | null;
  /** A sentence each; the first MAX_IMBALANCES. */
  readonly imbalances: readonly string[];
  readonly imbalances_total: number;
  /** The first MAX_FILES: those that do not balance, then those with rejects, then the others. */
  readonly files: readonly FileReport[];
  readonly files_total: number;
  readonly tables: readonly TableBalanceReport[];
}

export interface FileReport {
  readonly source: string;
  readonly file: string;
  /** Records that planning counted; null where it did not. */
  readonly found: number | null;
  readonly seen: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly blank_lines: number;
  readonly balances: boolean | null;
}

export interface TableBalanceReport {
  readonly table: string;
  readonly kind: 'staged' | 'model';
  /** Rows by those who made them, and in their sealed objects. */
  readonly made: number;
  readonly stored: number;
  readonly reads: readonly { readonly by: string; readonly rows: number }[];
  readonly loads: readonly {
    /** Index into `destinations`. */
    readonly destination: number;
    readonly inserted: number | null;
    readonly rows: number;
  }[];
  readonly balances: boolean | null;
}

const MAX_FILES = 1000;
const MAX_IMBALANCES = 100;

const BALANCES = { balanced: true, broken: false, open: null } as const;

export function reportBalance({ plan, manifests }: Pick<RunView, 'plan' | 'manifests'>): BalanceReport {
  const sheet = plan === null ? NOTHING : balanceSheet(plan, manifests);
  const files = sheet.files.map(({ balance, blank, ...counts }): FileReport => ({
    ...counts,
    blank_lines: blank,
    balances: BALANCES[balance],
  }));
  const tables = sheet.tables.map(({ balance, ...counts }) => ({ ...counts, balances: BALANCES[balance] }));
  const isDone = plan !== null && [...files, ...tables].every(({ balances }) => balances === true);
  return {
    balances: sheet.imbalances.length > 0 ? false : isDone ? true : null,
    imbalances: sheet.imbalances.slice(0, MAX_IMBALANCES),
    imbalances_total: sheet.imbalances.length,
    files: files.sort((a, b) => importance(b) - importance(a)).slice(0, MAX_FILES),
    files_total: files.length,
    tables,
  };
}

const NOTHING = { files: [], tables: [], imbalances: [] } as const;

function importance({ balances, rejected }: FileReport): number {
  return balances === false ? Infinity : rejected;
}
