import type { RunPoint } from '../../../src/api/pipeline.ts';
import { Chart, type Series } from '../components/chart.tsx';
import { Card, Empty } from '../components/page.tsx';
import { formatShort } from '../format/number.ts';
import { formatDuration } from '../format/time.ts';

const STAGES = ['extract', 'transform', 'load'] as const;

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
  const tables = [...new Set(series.flatMap(({ rows }) => Object.keys(rows)))].slice(0, 6);
  const charts: readonly {
    title: string;
    series: readonly Series[];
    format: (value: number) => string;
    bars?: true;
  }[] = [
    {
      title: 'Rows of published tables',
      series: tables.map((table) => ({
        label: table,
        values: series.map(({ rows }) => rows[table] ?? null),
      })),
      format: formatShort,
    },
    {
      title: 'Duration by stage',
      series: STAGES.map((stage) => ({
        label: stage,
        values: series.map(({ stage_ms }) => stage_ms[stage]),
      })),
      format: formatDuration,
    },
    {
      title: 'Rejected records',
      series: [{ label: 'rejected', values: series.map(({ records_rejected }) => records_rejected) }],
      format: formatShort,
      bars: true,
    },
    {
      title: 'Checks that failed or warned',
      series: [
        { label: 'failed', values: series.map(({ checks_failed }) => checks_failed) },
        { label: 'warned', values: series.map(({ checks_warned }) => checks_warned) },
      ],
      format: formatShort,
    },
  ];
  return (
    <div class="columns">
      {charts.map(({ title, series: lines, format, bars }) => (
        <Card key={title} title={title}>
          <Chart
            label={title}
            at={at}
            series={lines}
            format={format}
            kind={bars === true ? 'bars' : 'line'}
          />
        </Card>
      ))}
    </div>
  );
}
