import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { TaskRow } from '../../../src/api/task.ts';
import { plural } from '../format/number.ts';
import { formatDuration } from '../format/time.ts';
import { onRecoloured, resolveColours } from '../theme.ts';
import { axisSteps, ganttLanes, type Bar, type Lane } from './gantt-lanes.ts';
import { TaskTip, type TipPlace } from './task-tip.tsx';
import { useWidth } from './use-width.ts';

const LINE = 22;
const BAR = 16;
/** Room that the name of a moment needs to the right of it. */
const LABEL = 64;
const COLOURS = ['series-1', 'series-2', 'series-3', 'cell-failed', 'line', 'text', 'surface'] as const;
type Colours = Readonly<Record<(typeof COLOURS)[number], string>>;
const STAGE_COLOUR = { extract: 'series-1', transform: 'series-2', load: 'series-3' } as const;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Pointed {
  readonly bar: Bar;
  readonly place: TipPlace;
}

/** Tasks over time, a line for each worker. */
export function Gantt({ tasks, nowMs }: { readonly tasks: readonly TaskRow[]; readonly nowMs: number }) {
  const lanes = useMemo(() => ganttLanes(tasks, nowMs), [tasks, nowMs]);
  const [colours, setColours] = useState<Colours>(() => resolveColours(COLOURS));
  useEffect(() => onRecoloured(() => setColours(resolveColours(COLOURS))), []);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [host, width] = useWidth();
  const bars = lanes.flatMap(({ lines }) => lines.flat());
  const startMs = bars.reduce((least, bar) => Math.min(least, bar.startMs), Infinity);
  const endMs = bars.reduce((most, bar) => Math.max(most, bar.endMs), -Infinity);
  const span = { startMs, endMs: Math.max(endMs, startMs + 1) };
  const length = span.endMs - span.startMs;
  const steps = axisSteps(length, Math.max(2, width / 90));
  return (
    <div class="gantt">
      <div class="gantt-row gantt-axis" aria-hidden="true">
        <span class="faint">worker</span>
        <div ref={host} class="gantt-track">
          {steps.map((step) => (
            <span
              key={step}
              class={(1 - step / length) * width < LABEL ? 'at-end' : undefined}
              style={{ left: `${(step / length) * 100}%` }}
            >
              {step === 0 ? '0' : formatDuration(step)}
            </span>
          ))}
        </div>
      </div>
      {lanes.map((lane) => (
        <GanttRow
          key={lane.worker}
          lane={lane}
          span={span}
          steps={steps}
          width={width}
          colours={colours}
          pointed={pointed?.bar.task.id ?? null}
          onPoint={setPointed}
        />
      ))}
      <ul class="legend">
        {(['extract', 'transform', 'load'] as const).map((stage) => (
          <li key={stage}>
            <span class="swatch" data-stage={stage} /> {stage}
          </li>
        ))}
        <li>
          <span class="swatch" data-state="failed" /> failed
        </li>
      </ul>
      {pointed !== null && <TaskTip task={pointed.bar.task} place={pointed.place} />}
    </div>
  );
}

interface GanttRowProps {
  readonly lane: Lane;
  readonly span: Span;
  readonly steps: readonly number[];
  readonly width: number;
  readonly colours: Colours;
  /** Id of a task. */
  readonly pointed: string | null;
  readonly onPoint: (pointed: Pointed | null) => void;
}

function GanttRow({ lane, span, steps, width, colours, pointed, onPoint }: GanttRowProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null && width > 0)
      draw(canvas.current, lane, span, steps, width, colours, pointed);
  });
  const bars = lane.lines.flat().sort((a, b) => a.startMs - b.startMs);
  const point = (bar: Bar | undefined) => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined || bar === undefined) return;
    const line = lane.lines.findIndex((members) => members.includes(bar));
    const x = box.left + xOf((bar.startMs + bar.endMs) / 2, span, width);
    onPoint({ bar, place: { x, y: box.top + line * LINE } });
  };
  const total = bars.reduce((sum, bar) => sum + bar.endMs - bar.startMs, 0);
  const summary = `${plural(bars.length, 'task')}, busy ${formatDuration(total)}`;
  return (
    <div class="gantt-row">
      <div class="gantt-label">
        <bdi class="mono" title={lane.worker}>
          {lane.worker}
        </bdi>
        <span class="sub tabular">{summary}</span>
      </div>
      <canvas
        ref={canvas}
        role="img"
        tabIndex={0}
        aria-label={`${lane.worker}: ${summary}`}
        onPointerMove={(event) => {
          const bar = barAt(lane, span, width, event.offsetX, event.offsetY);
          if (bar === undefined) onPoint(null);
          else point(bar);
        }}
        onPointerLeave={() => onPoint(null)}
        onFocus={() => point(bars[0])}
        onBlur={() => onPoint(null)}
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          const here = bars.findIndex(({ task }) => task.id === pointed);
          point(bars[Math.min(bars.length - 1, Math.max(0, here + step))]);
        }}
      />
    </div>
  );
}

function xOf(ms: number, { startMs, endMs }: Span, width: number): number {
  return ((ms - startMs) / (endMs - startMs)) * width;
}

function barAt(lane: Lane, span: Span, width: number, x: number, y: number): Bar | undefined {
  const line = lane.lines[Math.floor(y / LINE)] ?? [];
  // A bar narrower than the pointer can still be hit.
  return line.find((bar) => x >= xOf(bar.startMs, span, width) - 2 && x <= xOf(bar.endMs, span, width) + 2);
}

function draw(
  canvas: HTMLCanvasElement,
  lane: Lane,
  span: Span,
  steps: readonly number[],
  width: number,
  colours: Colours,
  pointed: string | null,
): void {
  const height = Math.max(1, lane.lines.length) * LINE;
  const scale = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.scale(scale, scale);
  pen.fillStyle = colours.line;
  for (const step of steps) pen.fillRect(Math.round(xOf(span.startMs + step, span, width)), 0, 1, height);
  for (const [index, line] of lane.lines.entries()) {
    const top = index * LINE + (LINE - BAR) / 2;
    for (const bar of line) {
      const x = xOf(bar.startMs, span, width);
      const wide = Math.max(2, xOf(bar.endMs, span, width) - x - 1);
      pen.fillStyle =
        bar.task.state === 'failed' ? colours['cell-failed'] : colours[STAGE_COLOUR[bar.task.stage]];
      pen.globalAlpha = bar.task.state === 'running' ? 0.6 : 1;
      pen.beginPath();
      pen.roundRect(x, top, wide, BAR, Math.min(3, wide / 2));
      pen.fill();
      pen.globalAlpha = 1;
      if (bar.task.id !== pointed) continue;
      pen.strokeStyle = colours.text;
      pen.lineWidth = 1.5;
      pen.stroke();
    }
  }
}
