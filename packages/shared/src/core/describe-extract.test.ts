import { describe, expect, it } from 'vitest';

import { makePlan } from '../testing/make-plan.ts';
import { describeExtract, inputsOf } from './describe-extract.ts';
import type { Plan } from './plan.ts';
import type { ExtractTask } from './task.ts';

const plan = makePlan();
const extractOf = (made: Plan, index: number) => made.tasks[index] as ExtractTask;
const describeFirst = (made: Plan) => describeExtract(made, extractOf(made, 0));
const withInput = (changes: Partial<Plan['inputs'][number]>): Plan => ({
  ...plan,
  inputs: plan.inputs.map((input) => ({ ...input, ...changes })),
});
const withTable = (changes: Partial<Plan['tables'][number]>): Plan => ({
  ...plan,
  tables: plan.tables.map((table) => ({ ...table, ...changes })),
});

describe('the description of an extract task', () => {
  it.each<[string, Plan]>([
    ['content', withInput({ sha256: 'a'.repeat(64) })],
    ['layout', withInput({ layout: { kind: 'json', shape: 'array' } })],
    ['compression', withInput({ compression: 'gzip' })],
    ['the name that rejects show', withInput({ name: 'other.json' })],
    [
      'columns',
      withTable({ columns: plan.tables[0]?.columns.map((c) => ({ ...c, required: false })) ?? [] }),
    ],
    ['each', withTable({ each: ['items'] })],
    ['the key', withTable({ key: ['id'] })],
    ['the query', withTable({ query: 'SELECT 1' })],
    ['the records of a source', { ...plan, sources: plan.sources.map((s) => ({ ...s, records: ['data'] })) }],
    ['the size of batches', { ...plan, batch: { rows: 100, bytes: 1024 } }],
    ['the version of the code', { ...plan, codeVersion: '0.2.0' }],
  ])('is another one when there is another %s', (_, changed) => {
    expect(describeFirst(changed)).not.toBe(describeFirst(plan));
  });

  it.each<[string, Plan]>([
    ['the run', { ...plan, run: '20261123T060000-0a1b2c3d', plannedAt: '2026-11-23T06:00:01.000Z' }],
    ['the place of the files', withInput({ path: '/elsewhere/a.json' })],
    [
      'their times',
      withInput({ modifiedMs: 9, changedMs: 9, inode: '9', hashedAt: '2026-11-23T06:00:00.000Z' }),
    ],
    ['limits of rejects', { ...plan, rejects: { maxRows: 1, maxRatio: null, sources: [] } }],
    ['where the columns are from', withTable({ inferred: true })],
    ['models', { ...plan, models: [] }],
  ])('is the same whatever is with %s', (_, changed) => {
    expect(describeFirst(changed)).toBe(describeFirst(plan));
  });

  it('is the same when files before it come or go', () => {
    const [first, ...inputs] = plan.inputs;
    const added = { ...plan, inputs: [first, first, ...inputs] as Plan['inputs'] };
    const task = extractOf(plan, 1);
    const moved = { ...task, read: moveInputs(task.read, 1) };
    expect(describeExtract(added, moved)).toBe(describeExtract(plan, task));
    expect(inputsOf(moved.read)).toEqual([2]);
  });

  it('is the same for objects of another order of keys', () => {
    const turned = withTable({});
    const tables = turned.tables.map((table) => Object.fromEntries(Object.entries(table).reverse()));
    expect(describeFirst({ ...plan, tables: tables as unknown as Plan['tables'] })).toBe(describeFirst(plan));
  });

  it('differs from slice to slice', () => {
    const { read } = extractOf(plan, 0);
    if (read.kind !== 'files') throw new Error('The plan changed.');
    const cut = { ...read, slices: read.slices.map((slice) => ({ ...slice, end: 5 })) };
    expect(describeExtract(plan, { ...extractOf(plan, 0), read: cut })).not.toBe(describeFirst(plan));
  });

  it('is the same for a database of another version with the same bytes, as a copy is', () => {
    const copy = (version: string) => describeFirst(withInput({ layout: { kind: 'sqlite', version } }));
    expect(copy('1')).toBe(copy('2'));
  });

  it('is not there while a database is in use: its bytes do not tell its content', () => {
    expect(describeFirst(withInput({ inUse: true }))).toBeNull();
  });
});

function moveInputs(read: ExtractTask['read'], by: number): ExtractTask['read'] {
  if (read.kind !== 'files') return read;
  return { ...read, slices: read.slices.map((slice) => ({ ...slice, input: slice.input + by })) };
}
