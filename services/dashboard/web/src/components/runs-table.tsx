import { TERMINAL_STATUSES } from '@millrace/shared/core/status';

import type { RunSummary } from '../../../src/api/run.ts';
import { formatCount, formatShare } from '../format/number.ts';
import { pathTo } from '../router.ts';
import { ChecksInBrief } from './checks-in-brief.tsx';
import { Meter } from './meter.tsx';
import { Status } from './status.tsx';
import { Elapsed, TimeAgo } from './time-ago.tsx';

/** Runs, one a row; on a phone one a card. */
export function RunsTable({
  runs,
  withPipeline = true,
}: {
  readonly runs: readonly RunSummary[];
  readonly withPipeline?: boolean;
}) {
  return (
    <div class="table-wrap page-wide">
      <table class="table folds">
        <thead>
          <tr>
            <th scope="col">{withPipeline ? 'Pipeline' : 'Run'}</th>
            <th scope="col">Status</th>
            <th scope="col">Started</th>
            <th scope="col" class="num">
              Duration
            </th>
            <th scope="col" class="num">
              Rows
            </th>
            <th scope="col" class="num">
              Rejects
            </th>
            <th scope="col">Checks</th>
            <th scope="col">Trigger</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.run} run={run} withPipeline={withPipeline} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({ run, withPipeline }: { readonly run: RunSummary; readonly withPipeline: boolean }) {
  const isOpen = !TERMINAL_STATUSES.includes(run.status);
  return (
    <tr class="linked">
      <td class="whole">
        <span>
          <a class="main-link" href={pathTo('runs', run.run)}>
            <bdi>{withPipeline ? run.pipeline : run.run}</bdi>
          </a>
          {withPipeline && <span class="sub mono">{run.run}</span>}
        </span>
      </td>
      <td data-label="Status" class={run.waiting === null ? '' : 'whole'}>
        <span class="run-status">
          <Status status={run.status} />
          {run.round > 1 && <span class="tag round">try {run.round}</span>}
          {run.error_code !== null && <span class="sub mono">{run.error_code}</span>}
          {isOpen && run.waiting === null && (
            <Meter label="progress" fraction={run.fraction} tone="running" />
          )}
          {run.waiting !== null && <span class="sub">{run.waiting.message}</span>}
        </span>
      </td>
      <td data-label="Started">
        <TimeAgo at={run.requested_at} />
      </td>
      <td data-label="Duration" class="num">
        <Elapsed since={run.requested_at} durationMs={run.duration_ms} />
      </td>
      <td data-label="Rows" class="num">
        {run.rows_published === 0 ? <span class="faint">—</span> : formatCount(run.rows_published)}
      </td>
      <td data-label="Rejects" class="num">
        <Rejected run={run} />
      </td>
      <td data-label="Checks">
        <ChecksInBrief counts={run.checks} />
      </td>
      <td data-label="Trigger">
        {run.replay_of === null ? run.trigger : <a href={pathTo('runs', run.replay_of)}>replay</a>}
      </td>
    </tr>
  );
}

function Rejected({ run }: { readonly run: RunSummary }) {
  const { records_rejected: rejected, records_seen: seen } = run;
  if (rejected === 0) return <span class="faint">—</span>;
  return (
    <a
      class="tone-warn"
      href={`${pathTo('runs', run.run)}?tab=rejects`}
      title={`${formatShare(rejected / Math.max(seen, 1))} of ${formatCount(seen)} records`}
    >
      {formatCount(rejected)}
    </a>
  );
}
