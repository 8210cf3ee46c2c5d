import type {
  BalanceReport,
  FileReport,
  TableBalanceReport,
} from '@millrace/shared/core/report/balance-report';
import { escapeControls } from './escape.ts';
import { formatCount, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

/** More are counted only: a run may have a hundred thousand files. */
const SHOWN_FILES = 20;
const SHOWN_IMBALANCES = 10;

/** Records per file, with a mark that they balance. */
export function renderFileBalances({ files, files_total }: BalanceReport, options: Options): string[] {
  if (files_total === 0) return [];
  const shown = files.slice(0, SHOWN_FILES);
  // Planning counts where it looks for places to cut: in large files.
  const isCounted = shown.some(({ found }) => found !== null);
  const lines = renderTable(
    [
      { header: 'file' },
      ...(isCounted ? [{ header: 'found', align: 'right', squeeze: 'spare' } as const] : []),
      { header: 'seen', align: 'right', squeeze: 'whole' },
      { header: 'accepted', align: 'right', squeeze: 'whole' },
      { header: 'rejected', align: 'right', squeeze: 'whole' },
      { header: 'blank', align: 'right', squeeze: 'spare' },
      { header: 'balances', squeeze: 'whole' },
    ],
    shown.map((file) => [
      escapeControls(file.file),
      ...(isCounted ? [file.found === null ? '' : formatCount(file.found)] : []),
      ...recordCounts(file),
      balanceMark(file.balances),
    ]),
    options,
  );
  const more = files_total - shown.length;
  return more === 0 ? lines : [...lines, `and ${plural(more, 'more file')}`];
}

function recordCounts({ seen, accepted, rejected, blank_lines }: FileReport): string[] {
  return [seen, accepted, rejected, blank_lines].map(formatCount);
}

/** What of a table's rows was read, and what is in its destinations: one number where all agree. */
export function tableHops({ stored, reads, loads }: TableBalanceReport): { read: string; loaded: string } {
  return {
    read: oneOrAll(
      reads.map(({ rows }) => rows),
      stored,
    ),
    loaded: oneOrAll(
      loads.map(({ rows }) => rows),
      stored,
    ),
  };
}

function oneOrAll(counts: readonly number[], expected: number): string {
  if (counts.some((count) => count !== expected)) return counts.map(formatCount).join(' / ');
  const [first] = counts;
  if (first === undefined) return '';
  return counts.length === 1 ? formatCount(first) : `${formatCount(first)} ×${counts.length}`;
}

export function balanceMark(balances: boolean | null): string {
  return balances === null ? '…' : balances ? 'yes' : 'NO';
}

/** What does not balance, or that everything does. */
export function renderVerdict(report: BalanceReport, { style }: Options): string[] {
  const { balances, imbalances, imbalances_total } = report;
  if (balances === null) return [];
  if (balances) return [style('good', 'every record and every row is accounted for')];
  const shown = imbalances.slice(0, SHOWN_IMBALANCES);
  const more = imbalances_total - shown.length;
  return [
    style('bad', 'not all is accounted for:'),
    ...shown.map((sentence) => `  ${escapeControls(sentence)}`),
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
  ];
}
