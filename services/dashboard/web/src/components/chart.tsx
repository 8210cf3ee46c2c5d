import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { formatExact } from '../format/time.ts';
import { onRecoloured, resolveColours } from '../theme.ts';

export interface Series {
  readonly label: string;
  /** One for each x; null is a gap. */
  readonly values: readonly (number | null)[];
  /** Where a colour has a meaning of its own; else one of the series. */
  readonly colour?: 'cell-failed' | 'cell-retried';
}

interface ChartProps {
  /** What it shows, for who does not see it. */
  readonly label: string;
  /** Times in milliseconds since the epoch, ascending. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly kind?: 'line' | 'bars';
  readonly height?: number;
}

const SERIES = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6'] as const;

/** Series over time. The same numbers stand in a table below it for screen readers. */
export function Chart({ label, at, series, format, kind = 'line', height = 200 }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data = [at.map((ms) => ms / 1000), ...series.map(({ values }) => values)] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const shape = JSON.stringify([kind, height, series.map((one) => one.label)]);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      const size = { width: element.clientWidth, height };
      plot.current = new uPlot(
        { ...size, ...options(series, format, kind, latest.current[0].length) },
        latest.current,
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const forget = onRecoloured(draw);
    return () => {
      forget();
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // `shape` stands for what decides the look; new values are set below.
  }, [shape]);
  useEffect(() => plot.current?.setData(data));
  return (
    <figure class="chart">
      <div ref={host} aria-hidden="true" />
      <figcaption class="unseen">
        {label}: {series.map((one) => `${one.label} ${lastOf(one, format)}`).join(', ')}
      </figcaption>
    </figure>
  );
}

const FEW_POINTS = 60;
/** Nothing that is drawn here comes in halves. */
const WHOLE_STEPS = Array.from({ length: 13 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

/** Half a bar more at both ends. */
function withRoomForBars(plot: uPlot, min: number, max: number): [number, number] {
  const half = (max - min) / Math.max(1, plot.data[0].length - 1) / 2;
  return [min - half, max + half];
}

const DAY_SECONDS = 86_400;
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const second = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** @param step between labels, in seconds */
function formatAxisTime(at: number, step: number): string {
  return (step >= DAY_SECONDS ? day : step >= 60 ? minute : second).format(at);
}

function lastOf({ values }: Series, format: (value: number) => string): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? 'none' : format(last);
}

function options(
  lines: readonly Series[],
  format: (value: number) => string,
  kind: 'line' | 'bars',
  points: number,
): Omit<uPlot.Options, 'width' | 'height'> {
  const colours = resolveColours(['line', 'text-muted', 'surface', 'cell-failed', 'cell-retried', ...SERIES]);
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const bars = uPlot.paths.bars?.({ size: [0.6, 24], radius: 0.15 });
  return {
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: kind === 'bars' ? { range: withRoomForBars } : {},
      y: { range: (_, __, max) => [0, max <= 0 ? 1 : max * 1.08] },
    },
    axes: [
      {
        stroke: colours['text-muted'],
        font,
        size: 28,
        gap: 6,
        space: 72,
        grid: { show: false },
        ticks: { show: false },
        values: (_, splits, __, ___, step) => splits.map((at) => formatAxisTime(at * 1000, step)),
      },
      {
        stroke: colours['text-muted'],
        font,
        size: 60,
        gap: 8,
        incrs: WHOLE_STEPS,
        grid: { stroke: colours.line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [
      {
        value: (_, at: number | null) => (at === null ? '' : formatExact(new Date(at * 1000).toISOString())),
      },
      ...lines.map(({ label, colour: own }, index): uPlot.Series => {
        const colour = colours[own ?? SERIES[index % SERIES.length] ?? 'series-1'];
        return {
          label,
          stroke: colour,
          width: kind === 'bars' ? 0 : 2,
          // A run that failed has published no rows: what stands beside it are its neighbours.
          spanGaps: true,
          ...(kind === 'bars' ? { fill: colour } : {}),
          ...(kind === 'bars' && bars !== undefined ? { paths: bars } : {}),
          points: { show: kind === 'line' && points <= FEW_POINTS, size: 5, fill: colours.surface },
          value: (_, value: number | null) => (value === null ? '—' : format(value)),
        };
      }),
    ],
  };
}
