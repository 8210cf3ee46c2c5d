import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import type { ContractRecord } from '@millrace/shared/core/contract-record';
import type { DriftRecord } from '@millrace/shared/core/drift-record';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { CheckedRun } from '@millrace/shared/core/run-checks';
import type { DestinationReader } from '@millrace/shared/ports/destination-reader';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { failedRun } from '../core/run-facts.ts';
import { loadOrder, runId, SILENT } from '../testing/load-order.ts';
import { recordFailedFiles } from './files-failed-run.ts';
import { publishFiles } from './files-publish.ts';
import { loadIntoSqlite, type LoadOrder } from './sqlite-load.ts';
import { recordRunInSqlite } from './sqlite-record.ts';

const wait = { lockWaitMs: 0, throwIfStopped: () => undefined };

const MISSING: DriftRecord = {
  table: 'orders',
  kind: 'missing_column',
  column: 'total',
  path: 'total',
  declared: 'double',
  found: null,
  mode: 'drop_value',
  rows: 4,
  sampledRows: 4,
  values: 9,
  example: null,
};
/** Of the same field, told from reading alone. */
const DRIFT = [MISSING, { ...MISSING, column: 'net', rows: null, sampledRows: null, values: 0 }];

function accepted(number: number): ContractRecord {
  const { values, ...planned } = MISSING;
  const drift = [
    { ...planned, rows: 1, sampledRows: 2 },
    { ...planned, rows: 1, sampledRows: 2, kind: 'changed_type', found: 'text', example: `"${values}"` },
  ] as const;
  const recordedAt = `2026-11-22T06:0${number}:00.500Z`;
  return { id: runId(number), pipeline: 'shop', action: 'accept', by: 'ann@till', recordedAt, drift };
}

/** Of a run whose table `orders` has so many rows, the given number of them bad. */
function found(rows: number, badRows: number): CheckedRun {
  const check = 'orders.not_null.currency';
  return {
    results: [
      {
        check,
        table: 'orders',
        kind: 'not_null',
        severity: 'error',
        status: badRows === 0 ? 'pass' : 'error',
        badRows,
        rows,
        message: `${badRows} of ${rows} rows are null`,
        keptRows: badRows,
      },
    ],
    profiles: [
      {
        table: 'orders',
        rows,
        columns: [
          { name: 'id', type: 'BIGINT', nulls: 0, distinct: rows, min: '1', max: String(rows), mean: 1.5 },
          {
            name: 'currency',
            type: 'VARCHAR',
            nulls: badRows,
            distinct: 1,
            min: 'EUR',
            max: 'EUR',
            mean: null,
          },
        ],
      },
    ],
    failures: Array.from({ length: badRows }, (_, index) => ({
      check,
      number: index + 1,
      row: `{"id":${index + 1},"currency":null}`,
      origin: index === 0 ? null : { file: 'orders.json', recordNumber: index === 1 ? null : index },
    })),

    drift: [],
    contracts: [],
  };
}

describe.each(['sqlite', 'csv', 'parquet'] as const)('of %s', (kind) => {
  let folder: string;
  let destination: Destination;
  let reader: DestinationReader;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-checks-'));
    const where = path.join(folder, 'out');
    destination =
      kind === 'sqlite' ? { type: kind, path: where } : { type: 'files', path: where, format: kind };
    reader = openDestinationReader(destination);
  });

  afterEach(async () => {
    await reader.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(order: LoadOrder): Promise<void> {
    if (destination.type === 'sqlite') await loadIntoSqlite(order, SILENT, wait);
    else {
      const { signal } = new AbortController();
      await publishFiles(order, { ...SILENT, format: destination.format, attempt: 'a1', signal });
    }
  }

  async function fail(order: LoadOrder): Promise<void> {
    const { facts, inputs, checked } = order;
    const record = failedRun(facts, {
      v: 1,
      run: facts.run,
      round: 1,
      task: 'check-orders',
      error: { code: 'internal', message: 'Bad rows.', where: null, hint: null },
      attempts: 1,
      worker: 'w',
      failedAt: '2026-11-22T07:00:00.000Z',
    });
    if (destination.type === 'sqlite')
      await recordRunInSqlite({ path: destination.path, record, inputs, checked }, wait);
    else await recordFailedFiles(destination.path, record, inputs, checked);
  }

  const order = (number: number, checked: CheckedRun, changes: Partial<LoadOrder> = {}): LoadOrder => ({
    ...loadOrder(destination.path, number, []),
    checked,
    ...changes,
  });

  test('results, profiles and bad rows of published and of failed runs are read as they were written', async () => {
    await publish(order(1, found(4, 0)));
    await fail(order(2, found(3, 3)));
    for (const [number, written] of [
      [1, found(4, 0)],
      [2, found(3, 3)],
    ] as const) {
      const { results, profiles, failures } = written;
      expect(await reader.checks(runId(number))).toEqual({ results, profiles });
      expect(await reader.failures(runId(number), 'orders.not_null.currency', 1000)).toEqual(failures);
    }
    expect(await reader.failures(runId(2), 'orders.not_null.currency', 2)).toHaveLength(2);
    expect(await reader.failures(runId(2), 'orders.unique.id', 2)).toEqual([]);
  });

  test('a run that fails again, and then is published, has what was found last', async () => {
    await fail(order(1, found(9, 2)));
    await fail(order(1, found(8, 1)));
    expect(await reader.checks(runId(1))).toMatchObject({ results: [{ badRows: 1, rows: 8 }] });
    expect(await reader.failures(runId(1), 'orders.not_null.currency', 9)).toHaveLength(1);
    await publish(order(1, found(7, 0)));
    expect(await reader.checks(runId(1))).toMatchObject({ results: [{ badRows: 0, rows: 7 }] });
    expect(await reader.failures(runId(1), 'orders.not_null.currency', 9)).toEqual([]);
    await fail(order(1, found(6, 6)));
    expect(await reader.checks(runId(1))).toMatchObject({ results: [{ badRows: 0, rows: 7 }] });
  });

  test('baselines come from published runs alone, the newest first, without replays and without other pipelines', async () => {
    for (const number of [1, 2, 3]) await publish(order(number, found(number * 10, 0)));
    await fail(order(4, found(99, 9)));
    const replay = order(5, found(98, 0));
    await publish({ ...replay, facts: { ...replay.facts, replayOf: runId(1) } });
    await publish(order(6, { results: [], profiles: [], failures: [], drift: [], contracts: [] }));
    const profiled = await reader.profiles('shop', 2);
    expect(profiled.map(({ run, tables }) => [run, tables[0]?.rows])).toEqual([
      [runId(3), 30],
      [runId(2), 20],
    ]);
    expect(profiled[0]?.plannedAt).toBe('2026-11-22T06:00:03.000Z');
    expect(profiled[0]?.tables).toEqual(found(30, 0).profiles);
    expect(await reader.profiles('shop', 14)).toHaveLength(3);
    expect(await reader.profiles('payroll', 14)).toEqual([]);
  });

  test('a run without checks, and one that is not known, have none', async () => {
    expect(await reader.checks(runId(1))).toEqual({ results: [], profiles: [] });
    await publish(order(1, { results: [], profiles: [], failures: [], drift: [], contracts: [] }));
    expect(await reader.checks(runId(1))).toEqual({ results: [], profiles: [] });
    expect(await reader.failures(runId(1), 'x', 1)).toEqual([]);
    expect(await reader.profiles('shop', 14)).toEqual([]);
  });

  test('drift of published and of failed runs is read as it was written, two columns of one field as two', async () => {
    await publish(order(1, { ...found(4, 0), drift: DRIFT }));
    await fail(order(2, { ...found(4, 1), drift: DRIFT }));
    for (const number of [1, 2]) {
      const drift = await reader.drift(runId(number));
      expect(drift).toHaveLength(2);
      expect(drift).toEqual(expect.arrayContaining(DRIFT));
    }
    expect(await reader.drift(runId(3))).toEqual([]);
  });

  test('what people did with contracts is kept once, however many runs and rounds bring it', async () => {
    expect(await reader.contracts('shop')).toEqual([]);
    await fail(order(1, { ...found(4, 1), contracts: [accepted(1)] }));
    await fail(order(1, { ...found(4, 1), contracts: [accepted(1)] }));
    await publish(order(1, { ...found(4, 0), contracts: [accepted(1), accepted(2)] }));
    await publish(order(2, { ...found(4, 0), contracts: [accepted(2)] }));
    const kept = await reader.contracts('shop');
    expect(kept.map(({ id }) => id)).toEqual([runId(1), runId(2)]);
    for (const [index, { drift, ...record }] of kept.entries()) {
      const written = accepted(index + 1);
      expect({ ...record, drift: [] }).toEqual({ ...written, drift: [] });
      expect(drift).toHaveLength(written.drift.length);
      expect(drift).toEqual(expect.arrayContaining([...written.drift]));
    }
    expect(await reader.contracts('payroll')).toEqual([]);
  });

  test.runIf(kind === 'sqlite')(
    'a database that was last written before there were checks has none',
    async () => {
      await publish(order(1, found(4, 0)));
      const db = new Database(destination.path);
      for (const table of ['checks', 'failures', 'profiles', 'drift', 'contracts'])
        db.exec(`DROP TABLE _millrace_${table}`);
      db.close();
      expect(await reader.checks(runId(1))).toEqual({ results: [], profiles: [] });
      expect(await reader.failures(runId(1), 'orders.not_null.currency', 1)).toEqual([]);
      expect(await reader.profiles('shop', 14)).toEqual([]);
      expect(await reader.drift(runId(1))).toEqual([]);
      expect(await reader.contracts('shop')).toEqual([]);
    },
  );
});
