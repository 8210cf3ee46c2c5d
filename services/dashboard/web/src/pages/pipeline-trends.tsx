import type { RunPoint } from '../../../src/api/pipeline.ts';
import { Chart, type Series } from '../components/chart.tsx';
import { Card, Empty } from '../components/page.tsx';
import { formatShort } from '../format/number.ts';
import { formatDuration } from '../format/time.ts';

const STAGES = ['extract', 'transform', 'load'] as const;

interface TrendChart {
  readonly title: string;
  readonly lines: readonly Series[];
  readonly format: (value: number) => string;
  readonly kind?: 'line' | 'bars';
}

/** How runs of a pipeline develop: rows, durations, rejects, checks. */
export function PipelineTrends({
  series,
  pipeline,
}: {
  readonly series: readonly RunPoint[];
  readonly pipeline: string;
}) {
  if (series.length < 2) {
    return (
      <div class="card">
        <Empty icon="clock" title="Trends need two runs" command={`millrace run ${pipeline}`}>
          Rows, durations, rejects and checks are drawn over the runs that have ended.
        </Empty>
      </div>
    );
  }
  const at = series.map(({ requested_at }) => Date.parse(requested_at));
  const tables = [...new Set(series.flatMap(({ rows }) => Object.keys(rows)))];
  const charts: readonly TrendChart[] = [
    {
      title: 'Duration by stage',
      lines: STAGES.map((stage) => ({ label: stage, values: series.map(({ stage_ms }) => stage_ms[stage]) })),
      format: formatDuration,
    },
    {
      title: 'Rejected records',
      lines: [
        {
          label: 'rejected',
          values: series.map(({ records_rejected }) => records_rejected),
          colour: 'cell-retried',
        },
      ],
      format: formatShort,
      kind: 'bars',
    },
    {
      title: 'Checks that failed or warned',
      lines: [
        { label: 'failed', values: series.map(({ checks_failed }) => checks_failed), colour: 'cell-failed' },
        { label: 'warned', values: series.map(({ checks_warned }) => checks_warned), colour: 'cell-retried' },
      ],
      format: formatShort,
    },
    // Each on a scale of its own: a large table would press small ones flat.
    ...tables.map((table): TrendChart => ({
      title: `Rows of ${table}`,
      lines: [{ label: 'rows', values: series.map(({ rows }) => rows[table] ?? null) }],
      format: formatShort,
    })),
  ];
  return (
    <div class="columns">
      {charts.map(({ title, lines, format, kind = 'line' }) => (
        <Card key={title} title={title}>
          <Chart label={title} at={at} series={lines} format={format} kind={kind} height={168} />
        </Card>
      ))}
    </div>
  );
}
