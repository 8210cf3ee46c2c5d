import { formatValuePath, type ValuePath } from '@millrace/shared/core/value-path';

import type { Draw } from '../fuzz/draw.mjs';
import { keyText, randomTree } from '../fuzz/random-json.mjs';
import type { JsonTree } from '../fuzz/json-values.ts';
import {
  absentValue,
  drawKind,
  drawValue,
  type DrawnValue,
  type Fault,
  type ValueKind,
  type Written,
} from './drawn-value.ts';

type Steps = ValuePath['steps'];

interface DrawnColumn extends ValueKind {
  readonly name: string;
  /** Where JSON has it, from the record or the element. */
  readonly steps: Steps;
}

/** Two tables at most: one of the records, and one of the elements of an array in them. */
export interface DrawnSchema {
  readonly columns: readonly DrawnColumn[];
  readonly child: DrawnChild | null;
}

interface DrawnChild {
  readonly each: Steps;
  /** The column of the parent that the first column of the child repeats. */
  readonly parent: DrawnColumn;
  readonly columns: readonly DrawnColumn[];
}

export interface DrawnRecord {
  readonly json: JsonTree;
  /** Of the columns, in their order. */
  readonly values: readonly DrawnValue[];
  readonly extra: DrawnValue;
  /** What the JSON has to become; faults in the order of tables and columns. */
  readonly expected: ExpectedRecord;
}

export type PlacedFault = readonly [table: string, column: string, reason: string];

export type ExpectedRecord =
  | { readonly rows: Readonly<Record<string, readonly (readonly Cell[])[]>> }
  | { readonly faults: readonly PlacedFault[] };
type Cell = Exclude<Written<unknown>['cell'], Fault>;

/** Names that a careless reader stumbles over. None is like another but for its case: SQLite would not have that. */
const KEYS = [
  ...[
    'id',
    'Name',
    'total amount',
    'a.b',
    'x[0]',
    'quote"d',
    'back\\slash',
    "it's",
    'com,ma',
    'se;mi',
    'new\nline',
    'tab\tbed',
  ],
  ...[
    'ключ',
    '键',
    '😀',
    'e\u0301',
    '0',
    '17',
    '-1',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
  ],
  ...[' lead', 'trail ', '^up', '$index', '$.x', 'select', 'null', 'true', '#', '\u2028', 'k'.repeat(70)],
];
const CONTAINERS: readonly Steps[] = [[], [], [], [], ['in'], ['in'], ['in', 'deep']];

export function drawSchema(draw: Draw): DrawnSchema {
  const keys = draw.shuffle(KEYS);
  const columns = draw.list(2, 7, (index) => ({
    name: `c${index}`,
    ...drawKind(draw),
    steps: [...draw.pick(CONTAINERS), keys[index] as string],
  }));
  if (draw.chance(15)) columns.push({ name: 'listed', ...drawKind(draw), steps: ['list', draw.int(0, 2)] });
  return { columns, child: draw.chance(50) ? drawChild(draw, columns) : null };
}

function drawChild(draw: Draw, parents: readonly DrawnColumn[]): DrawnChild {
  const keys = draw.shuffle(KEYS);
  return {
    each: draw.pick([['items'], ['box', 'items'], ['in', 'items']]),
    parent: draw.pick(parents.filter(({ steps }) => steps[0] !== 'list')),
    columns: draw.list(1, 4, (index) => ({
      name: `f${index}`,
      ...drawKind(draw),
      steps: [...draw.pick([[], ['v']]), keys[index] as string],
    })),
  };
}

type Declared = Readonly<Record<string, string | boolean>>;

/** The tables as `pipeline.yml` declares them. */
export function declareTables({ columns, child }: DrawnSchema): Record<string, object> {
  const declare = (column: ValueKind, from: string): Declared => ({
    type: column.type,
    from,
    ...(column.required === undefined ? {} : { required: column.required }),
    ...(column.strict === undefined ? {} : { strict: column.strict }),
    ...(column.format === undefined ? {} : { format: column.format }),
  });
  const own = (column: DrawnColumn) =>
    [column.name, declare(column, pathText('record', column.steps))] as const;
  const data = { columns: Object.fromEntries(columns.map(own)) };
  if (child === null) return { data };
  return {
    data,
    child: {
      each: pathText('record', child.each),
      columns: Object.fromEntries([
        ['up', declare(child.parent, pathText('parent', child.parent.steps))],
        ['position', { type: 'integer', from: '$index' }],
        ...child.columns.map(own),
      ]),
    },
  };
}

const pathText = (from: ValuePath['from'], steps: Steps) => formatValuePath({ from, steps });

/** The same for sources without nesting: each column under its name alone. */
export function declareFlat(
  { columns }: DrawnSchema,
  nameOf: (index: number) => string,
): Record<string, object> {
  const flat = columns.map((column, index) => ({ ...column, steps: [nameOf(index)] }));
  return declareTables({ columns: flat, child: null });
}

/** @param misfits per cent of the values */
export function drawRecord(draw: Draw, schema: DrawnSchema, misfits: number): DrawnRecord {
  const lost = draw.chance(5) ? 'in' : null;
  const wrongTurn = misfits > 0 && draw.chance(30);
  const root = new Tree();
  const values = schema.columns.map((column) => {
    if (column.steps[0] !== lost) {
      const value = drawValue(draw, column, misfits);
      root.set(column.steps, value.json.source);
      return value;
    }
    const value = absentValue(column);
    return wrongTurn ? { ...value, json: { source: undefined, cell: { fault: 'type_mismatch' } } } : value;
  });
  if (lost !== null && wrongTurn) root.set([lost], '"not an object"');
  const faults: PlacedFault[] = [];
  const row: Cell[] = [];
  schema.columns.forEach((column, index) => place('data', column.name, cellOf(values[index]), row, faults));
  const around = { root, values, lost, wrongTurn, faults };
  const rows = {
    data: [row],
    ...(schema.child === null ? {} : { child: addChildren(draw, schema, schema.child, misfits, around) }),
  };
  return {
    json: root.toJson(
      draw,
      draw.list(0, 2, (index) => [`extra${index}`, randomTree(draw, 2)]),
    ),
    values,
    extra: drawValue(draw, { type: 'text' }, 0),
    expected: faults.length > 0 ? { faults } : { rows },
  };
}

const cellOf = (value: DrawnValue | undefined) => (value as DrawnValue).json.cell;

function place(table: string, column: string, cell: Cell | Fault, row: Cell[], faults: PlacedFault[]): void {
  if (typeof cell === 'object' && cell !== null) {
    faults.push([table, column, cell.fault]);
    row.push(null);
  } else row.push(cell);
}

interface Surroundings {
  readonly root: Tree;
  /** Of the parent, in the order of its columns. */
  readonly values: readonly DrawnValue[];
  readonly lost: string | null;
  readonly wrongTurn: boolean;
  readonly faults: PlacedFault[];
}

function addChildren(
  draw: Draw,
  { columns }: DrawnSchema,
  child: DrawnChild,
  misfits: number,
  { root, values, lost, wrongTurn, faults }: Surroundings,
): Cell[][] {
  const name = child.each.join('.');
  if (child.each[0] === lost) {
    if (wrongTurn) faults.push(['child', name, 'type_mismatch']);
    return [];
  }
  if (draw.chance(misfits > 0 ? 2 : 0)) {
    root.set(child.each, draw.pick(['"x"', '7', 'true']));
    faults.push(['child', name, 'type_mismatch']);
    return [];
  }
  if (draw.chance(15)) {
    root.set(child.each, draw.pick([undefined, 'null']));
    return [];
  }
  const up = cellOf(values[columns.indexOf(child.parent)]);
  const rows: Cell[][] = [];
  const elements = draw.list(0, 3, (index) => {
    if (misfits > 0 && draw.chance(2)) {
      faults.push(['child', `${name}[${index}]`, 'not_an_object']);
      return draw.pick(['null', '[]', '1']);
    }
    const element = new Tree();
    const row: Cell[] = [];
    place('child', 'up', up, row, faults);
    row.push(BigInt(index));
    for (const column of child.columns) {
      const { source, cell } = drawValue(draw, column, misfits).json;
      element.set(column.steps, source);
      place('child', column.name, cell, row, faults);
    }
    rows.push(row);
    return element.toJson(draw, []);
  });
  root.set(child.each, elements);
  return rows;
}

/** A JSON object that grows path by path. */
class Tree {
  readonly #members = new Map<string, Tree | JsonTree>();

  /** Undefined: the key stays absent, but what leads to it may be there. */
  set([first, ...rest]: Steps, value: JsonTree | undefined): void {
    const key = String(first);
    const [step] = rest;
    if (typeof step === 'number') this.#setElement(key, step, value);
    else if (step !== undefined) this.#inner(key).set(rest, value);
    else if (value !== undefined) this.#members.set(key, value);
  }

  #inner(key: string): Tree {
    const known = this.#members.get(key);
    if (known instanceof Tree) return known;
    const inner = new Tree();
    this.#members.set(key, inner);
    return inner;
  }

  #setElement(key: string, index: number, value: JsonTree | undefined): void {
    const before: JsonTree[] = Array.from({ length: index }, () => '"other"');
    this.#members.set(key, value === undefined ? before : [...before, value, '"behind"']);
  }

  toJson(draw: Draw, extra: readonly (readonly [string, JsonTree])[]): JsonTree {
    const own = [...this.#members].map(
      ([key, value]) => [key, value instanceof Tree ? value.toJson(draw, []) : value] as const,
    );
    const all = [...own, ...extra];
    const ordered = draw.chance(50) ? draw.shuffle(all) : all;
    return { members: ordered.map(([key, value]) => [keyText(draw, key), value]) };
  }
}
