import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { TaskRow } from '../../../src/api/task.ts';
import { formatCount, plural } from '../format/number.ts';
import { onRecoloured, resolveColours } from '../theme.ts';
import { CELL_STATES, cellSize, gridGroups, type CellState, type GridGroup } from './grid-cells.ts';
import { columnsIn, drawGrid, type DrawnGrid, type GridLook } from './grid-canvas.ts';
import { TaskTip, type TipPlace } from './task-tip.tsx';
import { useWidth } from './use-width.ts';

interface Pointed {
  readonly group: string;
  readonly cell: number;
  readonly place: TipPlace;
}

const COLOURS = [...CELL_STATES.map((state) => `cell-${state}` as const), 'surface', 'text'] as const;

/** Stage × batch: a cell for each batch, grouped by what it belongs to. */
export function BatchGrid({ tasks }: { readonly tasks: readonly TaskRow[] }) {
  const groups = useMemo(() => gridGroups(tasks), [tasks]);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [colours, setColours] = useState(() => resolveColours(COLOURS));
  useEffect(() => onRecoloured(() => setColours(resolveColours(COLOURS))), []);
  const cells = groups.reduce((sum, { states }) => sum + states.length, 0);
  const look = useMemo(() => ({ ...cellSize(cells), colours }), [cells, colours]);
  const group = groups.find(({ id }) => id === pointed?.group);
  const task = group?.tasks[group.owners[pointed?.cell ?? 0] ?? 0];
  return (
    <div class="grid">
      {groups.map((one) => (
        <GridRow
          key={one.id}
          group={one}
          look={look}
          marked={pointed?.group === one.id ? pointed.cell : null}
          onPoint={(cell, place) => setPointed(cell === null ? null : { group: one.id, cell, place })}
        />
      ))}
      <Legend groups={groups} />
      {pointed !== null && task !== undefined && <TaskTip task={task} place={pointed.place} />}
    </div>
  );
}

interface GridRowProps {
  readonly group: GridGroup;
  readonly look: GridLook;
  readonly marked: number | null;
  readonly onPoint: (cell: number | null, place: TipPlace) => void;
}

function GridRow({ group, look, marked, onPoint }: GridRowProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [host, width] = useWidth();
  const drawn = useRef<DrawnGrid | null>(null);
  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    drawn.current = drawGrid(canvas.current, group, width, look, marked, drawn.current);
  }, [group, width, look, marked]);
  const pitch = look.side + look.gap;
  const columns = columnsIn(width, look);
  const point = (cell: number) => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined || cell < 0 || cell >= group.states.length) return;
    const x = box.left + (cell % columns) * pitch + look.side / 2;
    onPoint(cell, { x, y: box.top + Math.floor(cell / columns) * pitch });
  };
  const cellAt = (event: PointerEvent) => {
    const column = Math.floor(event.offsetX / pitch);
    return column >= columns ? -1 : Math.floor(event.offsetY / pitch) * columns + column;
  };
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
  };
  return (
    <div class="grid-row">
      <div class="grid-label">
        <bdi title={group.label}>{group.label}</bdi>
        <span class="tag">{group.stage}</span>
        <span class="sub tabular">{progressOf(group)}</span>
      </div>
      <div ref={host}>
        <canvas
          ref={canvas}
          role="img"
          tabIndex={0}
          aria-label={`${group.stage} ${group.label}: ${progressOf(group)}, ${describeCounts(group)}`}
          onPointerMove={(event) => point(cellAt(event))}
          onPointerLeave={() => onPoint(null, { x: 0, y: 0 })}
          onFocus={() => point(marked ?? 0)}
          onBlur={() => onPoint(null, { x: 0, y: 0 })}
          onKeyDown={(event) => {
            const step = steps[event.key];
            if (step === undefined) return;
            event.preventDefault();
            point(Math.min(group.states.length - 1, Math.max(0, (marked ?? 0) + step)));
          }}
        />
      </div>
    </div>
  );
}

function progressOf({ tasks }: GridGroup): string {
  const done = tasks.filter(({ state }) => state === 'done').length;
  const batches = tasks.reduce((sum, task) => sum + task.batches, 0);
  const stored = batches === 0 ? '' : ` · ${plural(batches, 'batch', 'batches')}`;
  return `${formatCount(done)}/${plural(tasks.length, 'task')}${stored}`;
}

function countStates(groups: readonly GridGroup[]): ReadonlyMap<CellState, number> {
  const counts = new Map<CellState, number>();
  for (const { states } of groups) {
    for (const index of states) {
      const state = CELL_STATES[index] ?? 'waiting';
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
  }
  return counts;
}

function describeCounts(group: GridGroup): string {
  return [...countStates([group])].map(([state, count]) => `${count} ${state}`).join(', ');
}

function Legend({ groups }: { readonly groups: readonly GridGroup[] }) {
  const counts = countStates(groups);
  return (
    <ul class="legend">
      {CELL_STATES.filter((state) => counts.has(state)).map((state) => (
        <li key={state}>
          <span class="swatch" data-state={state} />
          {state} <span class="tabular">{formatCount(counts.get(state) ?? 0)}</span>
        </li>
      ))}
    </ul>
  );
}
