import { CELL_STATES, type GridGroup } from './grid-cells.ts';

export interface GridLook {
  readonly side: number;
  readonly gap: number;
  readonly colours: Readonly<Record<string, string>>;
}

export function columnsIn(width: number, { side, gap }: Pick<GridLook, 'side' | 'gap'>): number {
  return Math.max(1, Math.floor((width + gap) / (side + gap)));
}

/** What a canvas shows: of thousands of cells only those that have changed since are drawn again. */
export interface DrawnGrid {
  readonly states: GridGroup['states'];
  readonly look: GridLook;
  readonly marked: number | null;
}

/** Draws a group's cells in rows from left to right. What a colour says, a mark says too where there is room for it. */
export function drawGrid(
  canvas: HTMLCanvasElement,
  group: GridGroup,
  width: number,
  look: GridLook,
  marked: number | null,
  drawn: DrawnGrid | null,
): DrawnGrid {
  const { side, gap, colours } = look;
  const pitch = side + gap;
  const columns = columnsIn(width, look);
  const height = Math.ceil(group.states.length / columns) * pitch - gap;
  const scale = Math.min(devicePixelRatio || 1, 2);
  const [wanted, high] = [Math.round(width * scale), Math.round(height * scale)];
  // Setting the size empties a canvas and takes memory anew: only where it changes.
  const isEmptied = canvas.width !== wanted || canvas.height !== high;
  if (isEmptied) {
    canvas.width = wanted;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const shown = { states: group.states, look, marked };
  const pen = canvas.getContext('2d');
  if (pen === null) return shown;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const before = !isEmptied && drawn !== null && isAlike(drawn, shown) ? drawn : null;
  const cells = cellsToDraw(shown, before);
  if (before === null) pen.clearRect(0, 0, width, height);
  for (const cell of before === null ? [] : cells)
    pen.clearRect((cell % columns) * pitch - 1, Math.floor(cell / columns) * pitch - 1, side + 2, side + 2);
  for (const [stateIndex, state] of CELL_STATES.entries()) {
    pen.fillStyle = colours[`cell-${state}`] ?? 'gray';
    for (const cell of cells) {
      if (group.states[cell] !== stateIndex) continue;
      pen.fillRect((cell % columns) * pitch, Math.floor(cell / columns) * pitch, side, side);
    }
  }
  if (side >= 7) drawMarks(pen, group, cells, columns, look);
  if (marked !== null) {
    pen.strokeStyle = colours['text'] ?? 'black';
    pen.lineWidth = 1.5;
    pen.strokeRect(
      (marked % columns) * pitch + 0.5,
      Math.floor(marked / columns) * pitch + 0.5,
      side - 1,
      side - 1,
    );
  }
  return shown;
}

/** Whether what is drawn can stay where cells are the same. */
function isAlike({ states, look }: DrawnGrid, shown: DrawnGrid): boolean {
  const { side, gap, colours } = shown.look;
  return (
    states.length <= shown.states.length && look.side === side && look.gap === gap && look.colours === colours
  );
}

function cellsToDraw({ states, marked }: DrawnGrid, before: DrawnGrid | null): number[] {
  const cells: number[] = [];
  for (let cell = 0; cell < states.length; cell += 1) {
    const isMark = cell === marked || cell === before?.marked;
    if (isMark || states[cell] !== before?.states[cell]) cells.push(cell);
  }
  return cells;
}

function drawMarks(
  pen: CanvasRenderingContext2D,
  group: GridGroup,
  cells: readonly number[],
  columns: number,
  look: GridLook,
): void {
  const { side, gap, colours } = look;
  const pitch = side + gap;
  const inset = side * 0.3;
  pen.fillStyle = colours['surface'] ?? 'white';
  pen.strokeStyle = colours['surface'] ?? 'white';
  pen.lineWidth = side >= 10 ? 1.75 : 1.25;
  for (const cell of cells) {
    const state = CELL_STATES[group.states[cell] ?? 0];
    if (state === 'done' || state === 'waiting') continue;
    const x = (cell % columns) * pitch;
    const y = Math.floor(cell / columns) * pitch;
    if (state === 'running') pen.fillRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset);
    else {
      pen.beginPath();
      pen.moveTo(x + inset, y + side - inset);
      pen.lineTo(x + side - inset, y + inset);
      if (state === 'failed') {
        pen.moveTo(x + inset, y + inset);
        pen.lineTo(x + side - inset, y + side - inset);
      }
      pen.stroke();
    }
  }
}
