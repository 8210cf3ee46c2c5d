import { expect, test } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { runEvent, taskEvent } from './lineage-event.ts';
import type { CheckTask } from './task.ts';

const plan = makePlan();
const uuid = (text: string) => `uuid of ${text}`;
const moment = (type: 'START' | 'COMPLETE' | 'FAIL', round = 1) =>
  ({ type, at: '2026-11-22T06:00:09.000Z', round, error: null, uuid }) as const;
const batch = { key: 'k', format: 'parquet', rows: 3, bytes: 90, sha256: '0'.repeat(64) } as const;
const columns = [{ name: 'id', type: 'BIGINT' }];
const staged = makeManifest(plan, 'extract-orders-00001', {
  outputs: [{ table: 'orders', columns, batches: [batch], rows: 3 }],
});
const made = makeManifest(plan, 'model-daily', {
  outputs: [{ table: 'daily', columns, batches: [batch], rows: 3 }],
});
const loaded = makeManifest(plan, 'load-1', {
  loaded: {
    destination: 0,
    inserted: { daily: 3 },
    tables: { daily: 3 },
    publishedAt: '2026-11-22T06:00:08.000Z',
    already: false,
  },
});
const manifests = new Map([staged, made, loaded].map((manifest) => [manifest.task, manifest]));

test('a run goes from its sources to the tables that it published', () => {
  const event = runEvent(plan, manifests, moment('COMPLETE'));
  expect(event).toMatchObject({
    eventType: 'COMPLETE',
    eventTime: '2026-11-22T06:00:09.000Z',
    run: { runId: `uuid of ${plan.run}/1`, facets: { millrace: { run: plan.run, round: 1 } } },
    job: { namespace: 'millrace', name: 'shop' },
    inputs: [
      { namespace: 'file', name: '/data' },
      { namespace: 'file', name: '/data/customers.json' },
    ],
    outputs: [
      {
        namespace: 'sqlite:///data/out.db',
        name: 'daily',
        facets: { schema: { fields: columns } },
        outputFacets: { outputStatistics: { rowCount: 3 } },
      },
    ],
  });
  expect(runEvent(plan, manifests, moment('START')).outputs).toEqual([]);
});

test('a retry is another run, and a failure says why', () => {
  const error = { code: 'model_failed', message: 'No.', where: null, hint: null } as const;
  const event = runEvent(plan, manifests, { ...moment('FAIL', 2), error });
  expect(event.run).toMatchObject({
    runId: `uuid of ${plan.run}/2`,
    facets: { errorMessage: { message: 'model_failed: No.' } },
  });
});

test('a model tells what it read and made, under the run that it belongs to', () => {
  const task = plan.tasks.find(({ id }) => id === 'model-daily');
  if (task?.kind !== 'model') throw new Error('the plan has another task');
  expect(taskEvent(plan, task, manifests, moment('COMPLETE'))).toMatchObject({
    run: {
      runId: `uuid of ${plan.run}/1/model-daily`,
      facets: { parent: { run: { runId: `uuid of ${plan.run}/1` }, job: { name: 'shop' } } },
    },
    job: { name: 'shop.model-daily', facets: { sql: { query: 'SELECT * FROM orders' } } },
    inputs: [{ name: 'shop.orders', inputFacets: { inputStatistics: { rowCount: 3 } } }],
    outputs: [{ name: 'shop.daily', outputFacets: { outputStatistics: { rowCount: 3, size: 90 } } }],
  });
});

test('a check asserts what it found, and nothing where it could not judge', () => {
  const task: CheckTask = { kind: 'check', id: 'check-daily', table: 'daily', dependsOn: ['model-daily'] };
  const result = {
    check: 'daily.not_null.id',
    table: 'daily',
    kind: 'not_null',
    severity: 'error',
    status: 'error',
    badRows: 1,
    rows: 3,
    message: '1 of 3 rows',
    failures: null,
  } as const;
  const checked = makeManifest(plan, 'check-daily', {
    checked: {
      table: 'daily',
      results: [result, { ...result, check: 'daily.anomaly.volume', status: 'no_baseline' }],
      profile: { rows: 3, columns: [] },
    },
  });
  const checkedPlan = makePlan({
    checks: [
      {
        id: result.check,
        table: 'daily',
        reads: ['daily'],
        rule: { kind: 'not_null', column: 'id' },
        severity: 'error',
        errorIf: { operator: '>', value: 0, unit: 'rows' },
        warnIf: { operator: '>', value: 0, unit: 'rows' },
      },
    ],
  });
  const event = taskEvent(
    checkedPlan,
    task,
    new Map([...manifests, ['check-daily', checked]]),
    moment('FAIL'),
  );
  expect(event.inputs).toMatchObject([
    {
      name: 'shop.daily',
      inputFacets: {
        dataQualityAssertions: {
          assertions: [{ assertion: 'not_null: daily.not_null.id', success: false, column: 'id' }],
        },
      },
    },
  ]);
});
