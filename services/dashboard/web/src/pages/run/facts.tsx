import type { ComponentChildren } from 'preact';

import type { RunDetail } from '../../../../src/api/run.ts';
import { ChecksInBrief } from '../../components/checks-in-brief.tsx';
import { Elapsed, TimeAgo } from '../../components/time-ago.tsx';
import { formatCount, formatShare } from '../../format/number.ts';
import { pathTo } from '../../router.ts';

/** The run in a line of numbers. */
export function RunFacts({ detail }: { readonly detail: RunDetail }) {
  const { report, live } = detail;
  const extract = live.stages.find(({ stage }) => stage === 'extract');
  const rejected = extract?.rejected ?? report.records.rejected;
  const read = readBySources(live) || report.records.seen;
  const published = report.destinations
    .flatMap(({ tables }) => tables)
    .reduce((sum, { rows }) => sum + rows, 0);
  return (
    <dl class="card facts">
      <Fact name="Started">
        <TimeAgo at={report.requested_at} />
      </Fact>
      <Fact name="Duration">
        <Elapsed since={report.requested_at} durationMs={report.duration_ms} />
      </Fact>
      <Fact name="Records read">{formatCount(read)}</Fact>
      <Fact name="Rejected">
        {rejected === 0 ? (
          '0'
        ) : (
          <a class="tone-warn" href={`${pathTo('runs', report.run)}?tab=rejects`}>
            {formatCount(rejected)}
            {read > 0 && <span class="small">{formatShare(rejected / read)}</span>}
          </a>
        )}
      </Fact>
      <Fact name="Rows published">{live.status === 'published' ? formatCount(published) : '—'}</Fact>
      <Fact name="Checks">
        <ChecksInBrief counts={live.checks} />
      </Fact>
      <Fact name="Trigger">
        {report.trigger}
        {live.round > 1 && <span class="small">try {live.round}</span>}
      </Fact>
    </dl>
  );
}

/** As they read: the report is asked for only when the run changes its course. */
function readBySources({ nodes }: RunDetail['live']): number {
  return Object.entries(nodes).reduce(
    (sum, [id, { rows }]) => sum + (id.startsWith('source:') ? (rows ?? 0) : 0),
    0,
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
