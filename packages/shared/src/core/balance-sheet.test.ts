import { describe, expect, it } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { balanceSheet } from './balance-sheet.ts';
import type { BatchReference } from './batch.ts';
import type { Extracted, Loaded, Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';

const batch = (rows: number): BatchReference => ({
  key: 'k',
  format: 'parquet',
  rows,
  bytes: 1,
  sha256: '0'.repeat(64),
});

const output = (table: string, rows: number, ...stored: number[]) => ({
  table,
  columns: [],
  batches: (stored.length === 0 ? [rows] : stored).map(batch),
  rows,
});

function extracted(input: number, seen: number, rejected: number): Extracted {
  const batches = rejected === 0 ? [] : [batch(rejected)];
  return {
    files: [{ input, seen, accepted: seen - rejected, rejected, blank: 1 }],
    rejects: { records: rejected, byReason: rejected === 0 ? {} : { json_syntax: rejected }, batches },
    fingerprint: null,
    reused: null,
  };
}

/** The plan of two tasks for `orders` and one for `customers`, whose first file planning found to have 10 records. */
function makeCountedPlan(): Plan {
  const plan = makePlan();
  const tasks = plan.tasks.map((task) =>
    task.id === 'extract-orders-00001' && task.kind === 'extract' && task.read.kind === 'files'
      ? {
          ...task,
          read: { ...task.read, slices: task.read.slices.map((slice) => ({ ...slice, records: 10 })) },
        }
      : task,
  );
  return { ...plan, tasks };
}

const plan = makeCountedPlan();

/** A run that is done: 13 orders and 4 customers become 5 and 3 rows of models. */
function done(changes: Readonly<Record<string, Partial<Manifest>>> = {}): Map<string, Manifest> {
  const loaded: Loaded = {
    destination: 0,
    inserted: { daily: 5, best: 3 },
    tables: { daily: 5, best: 3 },
    publishedAt: '2026-11-22T06:00:04.500Z',
    already: false,
  };
  const made: Record<string, Partial<Manifest>> = {
    'extract-orders-00001': { extracted: extracted(0, 10, 2), outputs: [output('orders', 8, 5, 3)] },
    'extract-orders-00002': { extracted: extracted(1, 5, 0), outputs: [output('orders', 5)] },
    'extract-customers-00001': { extracted: extracted(2, 4, 0), outputs: [output('customers', 4)] },
    'model-daily': { reads: [{ table: 'orders', rows: 13 }], outputs: [output('daily', 5)] },
    'model-best': {
      reads: [
        { table: 'daily', rows: 5 },
        { table: 'customers', rows: 4 },
      ],
      outputs: [output('best', 3)],
    },
    'load-1': {
      reads: [
        { table: 'daily', rows: 5 },
        { table: 'best', rows: 3 },
      ],
      loaded,
    },
  };
  return new Map(
    Object.entries(made).map(([task, manifest]) => [
      task,
      makeManifest(plan, task, { ...manifest, ...changes[task] }),
    ]),
  );
}

describe('the balance sheet of a run', () => {
  it('has every hop of every table, and balances', () => {
    const sheet = balanceSheet(plan, done());
    expect(sheet.imbalances).toEqual([]);
    expect(sheet.files[0]).toEqual({
      source: 'orders',
      file: 'orders-1.json',
      found: 10,
      seen: 10,
      accepted: 8,
      rejected: 2,
      blank: 1,
      balance: 'balanced',
    });
    expect(sheet.files[1]).toMatchObject({ found: null, seen: 5, balance: 'balanced' });
    expect(sheet.tables).toEqual([
      {
        table: 'orders',
        kind: 'staged',
        made: 13,
        stored: 13,
        reads: [{ by: 'daily', rows: 13 }],
        loads: [],
        balance: 'balanced',
      },
      {
        table: 'customers',
        kind: 'staged',
        made: 4,
        stored: 4,
        reads: [{ by: 'best', rows: 4 }],
        loads: [],
        balance: 'balanced',
      },
      {
        table: 'daily',
        kind: 'model',
        made: 5,
        stored: 5,
        reads: [
          { by: 'best', rows: 5 },
          { by: 'load-1', rows: 5 },
        ],
        loads: [{ destination: 0, inserted: 5, rows: 5 }],
        balance: 'balanced',
      },
      {
        table: 'best',
        kind: 'model',
        made: 3,
        stored: 3,
        reads: [{ by: 'load-1', rows: 3 }],
        loads: [{ destination: 0, inserted: 3, rows: 3 }],
        balance: 'balanced',
      },
    ]);
  });

  it('is open where something is still to be done, and nothing is wrong', () => {
    const manifests = done();
    for (const task of ['extract-orders-00002', 'model-daily', 'model-best', 'load-1'])
      manifests.delete(task);
    const sheet = balanceSheet(plan, manifests);
    expect(sheet.imbalances).toEqual([]);
    expect(sheet.files.map(({ balance }) => balance)).toEqual(['balanced', 'open', 'balanced']);
    expect(sheet.tables.map(({ balance }) => balance)).toEqual(['open', 'open', 'open', 'open']);
  });

  it('holds for a run that an earlier attempt had published', () => {
    const loaded = { ...(done().get('load-1')?.loaded as Loaded), inserted: null, already: true };
    const sheet = balanceSheet(plan, done({ 'load-1': { reads: [], loaded } }));
    expect(sheet.imbalances).toEqual([]);
    expect(sheet.tables.every(({ balance }) => balance === 'balanced')).toBe(true);
  });

  it('counts records of files and rows of tables apart: an `each` table has any number of rows', () => {
    const [orders, customers] = plan.tables;
    const tables =
      orders === undefined || customers === undefined ? [] : [{ ...orders, each: ['items'] }, customers];
    const more = { outputs: [output('orders', 100)] };
    const reads = [{ table: 'orders', rows: 105 }];
    const sheet = balanceSheet(
      { ...plan, tables },
      done({ 'extract-orders-00001': more, 'model-daily': { reads } }),
    );
    expect(sheet.imbalances).toEqual([]);
    expect(sheet.tables[0]).toMatchObject({ made: 105, stored: 105, balance: 'balanced' });
  });
});

describe('what is told when', () => {
  const loaded = (changes: Partial<Loaded>) => ({
    'load-1': { loaded: { ...(done().get('load-1')?.loaded as Loaded), ...changes } },
  });
  const lost = extracted(0, 9, 1);
  it.each<[string, Readonly<Record<string, Partial<Manifest>>>, string]>([
    [
      'a record is neither accepted nor rejected',
      {
        'extract-orders-00002': {
          extracted: {
            ...extracted(1, 5, 0),
            files: [{ input: 1, seen: 6, accepted: 5, rejected: 0, blank: 0 }],
          },
        },
      },
      'orders-2.json: 6 records seen, but 5 accepted and 0 rejected',
    ],
    [
      'the reader saw fewer records than planning found',
      { 'extract-orders-00001': { extracted: lost } },
      'orders-1.json: 10 records found by planning, but 9 seen',
    ],
    [
      'a reject was not kept',
      {
        'extract-orders-00001': {
          extracted: {
            ...extracted(0, 10, 2),
            rejects: { ...extracted(0, 10, 2).rejects, batches: [batch(1)] },
          },
        },
      },
      'extract-orders-00001: 2 records rejected, 2 reported, 2 with a reason, 1 kept',
    ],
    [
      'a reject has no reason',
      {
        'extract-orders-00001': {
          extracted: { ...extracted(0, 10, 2), rejects: { ...extracted(0, 10, 2).rejects, byReason: {} } },
        },
      },
      'extract-orders-00001: 2 records rejected, 2 reported, 0 with a reason, 2 kept',
    ],
    [
      'an accepted record made no row',
      { 'extract-orders-00002': { outputs: [output('orders', 4)] } },
      'orders: 5 records accepted, 4 rows made',
    ],
    [
      'a staged row is in no batch',
      { 'extract-orders-00002': { outputs: [output('orders', 5, 4)] } },
      'orders: 5 rows made, 4 in its batches',
    ],
    [
      'a task says nothing of a table',
      { 'extract-orders-00002': { outputs: [] } },
      'extract-orders-00002: its manifest says nothing of table orders',
    ],
    [
      'a task says nothing of records',
      { 'extract-orders-00002': { extracted: null } },
      'extract-orders-00002: its manifest says nothing of records',
    ],
    [
      'a model read fewer rows than there are',
      { 'model-daily': { reads: [{ table: 'orders', rows: 12 }] } },
      'orders: 13 rows in its batches, but daily read 12',
    ],
    [
      'a model does not say what it read',
      { 'model-daily': { reads: [] } },
      'orders: model-daily did not say how many of its rows it read',
    ],
    [
      'a row of a model is not in its object',
      { 'model-best': { outputs: [output('best', 4, 3)] } },
      'best: 4 rows made, 3 in its batches',
    ],
    [
      'the load read fewer rows than there are',
      { 'load-1': { reads: [{ table: 'best', rows: 2 }] } },
      'best: 3 rows in its batches, but load-1 read 2',
    ],
    [
      'the destination took fewer rows',
      loaded({ inserted: { daily: 4, best: 3 } }),
      'daily: 5 rows in its batches, but 4 written to destination 1',
    ],
    [
      'the destination has fewer rows',
      loaded({ tables: { daily: 5 } }),
      'best: 3 rows in its batches, but 0 found in destination 1',
    ],
  ])('%s', (_, changes, sentence) => {
    const { imbalances, files, tables } = balanceSheet(plan, done(changes));
    expect(imbalances).toContain(sentence);
    const isRejects = sentence.includes('with a reason') || sentence.includes('says nothing of records');
    const marks = [...files, ...tables].map(({ balance }) => balance);
    if (!isRejects) expect(marks).toContain('broken');
  });
});
