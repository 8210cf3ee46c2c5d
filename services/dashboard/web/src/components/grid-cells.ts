import type { TaskRow } from '../../../src/api/task.ts';

export const CELL_STATES = ['waiting', 'running', 'done', 'retried', 'failed', 'cancelled'] as const;
export type CellState = (typeof CELL_STATES)[number];

/** The batches of one line: those of a source; of all models; of all checks; of all destinations. */
export interface GridGroup {
  readonly id: string;
  readonly stage: TaskRow['stage'];
  readonly label: string;
  readonly tasks: readonly TaskRow[];
  /** Index into CELL_STATES, one for each cell. */
  readonly states: Uint8Array;
  /** Index into `tasks`, one for each cell. */
  readonly owners: Uint32Array;
}

/**
 * A cell for each batch that is stored, and one for what each open task is at: a running one shows where it works, a
 * waiting one that more is to come.
 */
export function gridGroups(tasks: readonly TaskRow[]): readonly GridGroup[] {
  const groups = new Map<string, TaskRow[]>();
  for (const task of tasks) {
    // A source has many tasks, and a model, a check or a load is one: a line for each would be a list of single cells.
    const id = task.kind === 'extract' ? `source ${task.subject}` : task.kind;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [task]);
    else group.push(task);
  }
  return [...groups].map(([id, members]) => {
    const total = members.reduce((sum, task) => sum + cellCount(task), 0);
    const states = new Uint8Array(total);
    const owners = new Uint32Array(total);
    let cell = 0;
    for (const [owner, task] of members.entries()) {
      const count = cellCount(task);
      for (let index = 0; index < count; index += 1, cell += 1) {
        states[cell] = CELL_STATES.indexOf(cellState(task, index, count));
        owners[cell] = owner;
      }
    }
    const { stage, kind, subject } = members[0] as TaskRow;
    const label = kind === 'extract' ? subject : LABELS[kind];
    return { id, stage, label, tasks: members, states, owners };
  });
}

const LABELS = { model: 'models', check: 'checks', load: 'destinations' } as const;

function cellCount({ state, batches }: TaskRow): number {
  return state === 'running' ? batches + 1 : Math.max(1, batches);
}

function cellState({ state, attempts }: TaskRow, index: number, count: number): CellState {
  const isLast = index === count - 1;
  switch (state) {
    case 'waiting':
    case 'ready':
      return 'waiting';
    case 'running':
      if (isLast) return 'running';
      break;
    case 'failed':
    case 'cancelled':
      if (isLast) return state;
      break;
    case 'done':
      break;
  }
  return (attempts ?? 1) > 1 ? 'retried' : 'done';
}

/** Side of a cell and the gap to the next, in CSS pixels: the more there are, the smaller. */
export function cellSize(cells: number): { readonly side: number; readonly gap: number } {
  if (cells <= 300) return { side: 14, gap: 2 };
  if (cells <= 1500) return { side: 10, gap: 2 };
  if (cells <= 5000) return { side: 7, gap: 1 };
  return { side: 5, gap: 1 };
}
