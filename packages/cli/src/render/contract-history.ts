import type { DriftReport } from '@millrace/shared/core/report/drift-report';

import type { TableHistory, TableRun } from '../core/table-history.ts';
import { describeChange, SIGNS } from './drift.ts';
import { escapeControls } from './escape.ts';
import { formatTime, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

/** What runs met and what people did about it, the newest first; nothing where all was as declared. */
export function renderContractHistory({ runs, contracts }: TableHistory, options: Options): string[] {
  const events = [
    ...meetings(runs).map(({ drift, run, count }) => ({
      at: run.requested_at,
      who: count === 1 ? run.run : `${plural(count, 'run')}, last ${run.run}`,
      drift,
    })),
    ...contracts.flatMap(({ action, by, recorded_at: at, drift }) =>
      drift.map((one) => ({ at, who: `${VERBS[action]} ${by}`, drift: one })),
    ),
  ].sort((one, other) => (one.at < other.at ? 1 : -1));
  if (events.length === 0) return [];
  const rows = events.map(({ at, who, drift }) => [
    formatTime(at),
    `${SIGNS[drift.change]} ${escapeControls(drift.path)}`,
    escapeControls(describeChange(drift)),
    escapeControls(who),
  ]);
  const columns = [
    { header: 'contract', squeeze: 'whole' as const },
    { header: '', squeeze: 'whole' as const },
    { header: '' },
    { header: '' },
  ];
  return ['', ...renderTable(columns, rows, options)];
}

const VERBS = { accept: 'accepted by', diff: 'shown to' } as const;

interface Meeting {
  readonly drift: DriftReport;
  /** The newest that met it. */
  readonly run: TableRun;
  readonly count: number;
}

/** Each difference once: data that is not as declared is so in one run after the other. */
function meetings(runs: readonly TableRun[]): Meeting[] {
  const met = new Map<string, Meeting>();
  for (const run of runs) {
    for (const drift of run.drift) {
      const key = JSON.stringify([drift.change, drift.path, drift.column]);
      const newer = met.get(key);
      met.set(key, newer === undefined ? { drift, run, count: 1 } : { ...newer, count: newer.count + 1 });
    }
  }
  return [...met.values()];
}
