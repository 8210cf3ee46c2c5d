import { CELL_STATES, type GridGroup } from './grid-cells.ts';

export interface GridLook {
  readonly side: number;
  readonly gap: number;
  readonly colours: Readonly<Record<string, string>>;
}

export function columnsIn(width: number, { side, gap }: Pick<GridLook, 'side' | 'gap'>): number {
  return Math.max(1, Math.floor((width + gap) / (side + gap)));
}

/** Draws a group's cells in rows from left to right. What a colour says, a mark says too where there is room for it. */
export function drawGrid(
  canvas: HTMLCanvasElement,
  group: GridGroup,
  width: number,
  look: GridLook,
  marked: number | null,
): void {
  const { side, gap, colours } = look;
  const pitch = side + gap;
  const columns = columnsIn(width, look);
  const height = Math.ceil(group.states.length / columns) * pitch - gap;
  const scale = Math.min(devicePixelRatio || 1, 2);
  const [wanted, high] = [Math.round(width * scale), Math.round(height * scale)];
  // Setting the size empties a canvas and takes memory anew: only where it changes.
  if (canvas.width !== wanted || canvas.height !== high) {
    canvas.width = wanted;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  for (const [stateIndex, state] of CELL_STATES.entries()) {
    pen.fillStyle = colours[`cell-${state}`] ?? 'gray';
    for (let cell = 0; cell < group.states.length; cell += 1) {
      if (group.states[cell] !== stateIndex) continue;
      pen.fillRect((cell % columns) * pitch, Math.floor(cell / columns) * pitch, side, side);
    }
  }
  if (side >= 7) drawMarks(pen, group, columns, look);
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
}

function drawMarks(pen: CanvasRenderingContext2D, group: GridGroup, columns: number, look: GridLook): void {
  const { side, gap, colours } = look;
  const pitch = side + gap;
  const inset = side * 0.3;
  pen.fillStyle = colours['surface'] ?? 'white';
  pen.strokeStyle = colours['surface'] ?? 'white';
  pen.lineWidth = side >= 10 ? 1.75 : 1.25;
  for (let cell = 0; cell < group.states.length; cell += 1) {
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
