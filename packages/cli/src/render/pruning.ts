import { formatBytes } from '@millrace/shared/core/format-bytes';

import type { PruneReport } from '../core/prune-report.ts';
import { formatCount, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

const KEPT_WORDS = {
  live: 'going on',
  newest: 'among the newest published',
  young: 'too young',
} as const;

/** What was removed or would be, run by run, and what stays and why. */
export function renderPruning(report: PruneReport, options: { width: number; style: Style }): string[] {
  const verb = report.dry_run ? 'would remove' : 'removed';
  const { folders, size_bytes } = report.spill;
  return [
    `${verb} ${plural(report.removed_objects, 'object')} of ${plural(report.runs.length, 'run')}, ` +
      formatBytes(report.removed_bytes - size_bytes),
    ...indent(renderRuns(report, options)),
    ...(folders === 0
      ? []
      : [`${verb} ${plural(folders, 'spill folder')} of killed workers, ${formatBytes(size_bytes)}`]),
    ...renderKept(report),
    ...report.held.map(
      ({ run, needed_by, objects, size_bytes: heldBytes }) =>
        `  ${plural(objects, 'object')} of ${run}, ${formatBytes(heldBytes)}: taken over by ${needed_by}`,
    ),
  ];
}

function renderRuns({ runs }: PruneReport, options: { width: number; style: Style }): string[] {
  if (runs.length === 0) return [];
  return renderTable(
    [
      { header: 'run', squeeze: 'whole' },
      { header: 'data', align: 'right' },
      { header: 'left-overs of killed workers', align: 'right' },
      { header: 'size', align: 'right', squeeze: 'whole' },
    ],
    runs.map(({ run, by_reason: { expired, orphan, draft }, size_bytes }) => [
      run,
      formatCount(expired?.objects ?? 0),
      formatCount((orphan?.objects ?? 0) + (draft?.objects ?? 0)),
      formatBytes(size_bytes),
    ]),
    options,
  );
}

function renderKept({ kept }: PruneReport): string[] {
  if (kept.length === 0) return [];
  const counts = (['live', 'newest', 'young'] as const).flatMap((why) => {
    const count = kept.filter((one) => one.why === why).length;
    return count === 0 ? [] : [`${formatCount(count)} ${KEPT_WORDS[why]}`];
  });
  return [`kept ${plural(kept.length, 'run')}: ${counts.join(', ')}`];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
