import { expect, test } from 'vitest';

import { makeManifest, makePlan, makeRequest } from '../../testing/make-plan.ts';

import { reportRun } from './run-report.ts';
import type { RunView } from './run-view.ts';

const plan = makePlan();
const request = makeRequest(plan);

function batch(rows: number) {
  return { key: 'k', format: 'parquet', rows, bytes: rows * 10, sha256: '0'.repeat(64) } as const;
}

function view(changes: Partial<RunView>): RunView {
  return {
    request,
    plan,
    manifests: new Map(),
    failure: null,
    decision: null,
    round: 1,
    pruned: [],
    status: 'extracting',
    ...changes,
  };
}

const [first, second] = plan.tasks.filter((task) => task.kind === 'extract').map((task) => task.id);
const load = plan.tasks.find((task) => task.kind === 'load')?.id ?? '';

function extracted(task: string | undefined, seen: number, rejected: number, reason: string) {
  const rows = seen - rejected;
  const manifest = makeManifest(plan, task ?? '', {
    outputs: [{ table: 'orders', columns: [], batches: [batch(rows)], rows }],
    extracted: {
      files: [{ input: 0, seen, accepted: rows, rejected, blank: 1 }],
      rejects: {
        records: rejected,
        byReason: { [reason]: rejected },
        batches: rejected === 0 ? [] : [batch(rejected)],
      },
      fingerprint: null,
      reused: null,
    },
  });
  return [manifest.task, manifest] as const;
}

test('counts of all tasks are summed, by table and by reason', () => {
  const manifests = new Map([
    extracted(first, 10, 2, 'json_syntax'),
    extracted(second, 20, 5, 'missing_field'),
  ]);
  const report = reportRun(view({ manifests }));
  expect(report.records).toEqual({ seen: 30, accepted: 23, rejected: 7, blank_lines: 2 });
  expect(report.staged_tables).toEqual([{ table: 'orders', rows: 23, batches: 2, size_bytes: 230 }]);
  expect(report.warnings[0]).toEqual({
    code: 'records_rejected',
    message: '7 of 30 records were rejected.',
  });
  expect(Object.entries(report.rejects.by_reason)).toEqual([
    ['missing_field', 5],
    ['json_syntax', 2],
  ]);
});

test('the balance is open while a task is, and the files that need a look come first', () => {
  const manifests = new Map([
    extracted(first, 10, 0, 'json_syntax'),
    extracted(second, 20, 5, 'missing_field'),
  ]);
  const { balance } = reportRun(view({ manifests }));
  expect(balance).toMatchObject({ balances: null, imbalances: [], imbalances_total: 0, files_total: 3 });
  expect(balance.tables[0]).toMatchObject({ table: 'orders', made: 25, stored: 25, balances: null });
});

test('a stage has an end when all its tasks are done, and not before', () => {
  const one = reportRun(view({ manifests: new Map([extracted(first, 1, 0, 'json_syntax')]) }));
  expect(one.stages[0]).toMatchObject({
    tasks_done: 1,
    tasks_total: 3,
    finished_at: null,
    duration_ms: null,
  });
  const extracts = plan.tasks.filter((task) => task.kind === 'extract');
  const all = new Map(extracts.map((task) => extracted(task.id, 1, 0, 'json_syntax')));
  expect(reportRun(view({ manifests: all })).stages[0]).toMatchObject({ tasks_done: 3, duration_ms: 1000 });
});

test('a published run has its tables, its time of publishing and its duration', () => {
  const loaded = {
    destination: 0,
    inserted: { daily: 3 },
    tables: { daily: 3 },
    publishedAt: '2026-11-22T06:00:04.500Z',
    already: false,
  };
  const manifests = new Map([[load, makeManifest(plan, load, { loaded })]]);
  const report = reportRun(view({ manifests, status: 'published' }));
  expect(report).toMatchObject({ published_at: loaded.publishedAt, duration_ms: 4500, error: null });
  expect(report.destinations).toEqual([
    { type: 'sqlite', path: '/data/out.db', tables: [{ table: 'daily', rows: 3 }] },
  ]);
});

test('a failed run says what ended it', () => {
  const failure = {
    v: 1,
    run: plan.run,
    round: 1,
    task: first ?? null,
    error: { code: 'reject_limit', message: 'Too many.', where: null, hint: 'Fewer.' },
    attempts: 1,
    worker: 'w',
    failedAt: '2026-11-22T06:00:09.000Z',
  } as const;
  const report = reportRun(view({ failure, status: 'failed' }));
  expect(report).toMatchObject({ failed_at: failure.failedAt, published_at: null, duration_ms: 9000 });
  expect(report.error).toMatchObject({ code: 'reject_limit', task: first, attempts: 1 });
});

test('a cancelled run says when and by whom, and is no error', () => {
  const decision = {
    v: 1,
    run: plan.run,
    decision: 'cancel',
    by: 'ann@host',
    decidedAt: '2026-11-22T06:00:04.000Z',
  } as const;
  expect(reportRun(view({ decision, status: 'cancelled' }))).toMatchObject({
    cancelled_at: decision.decidedAt,
    cancelled_by: 'ann@host',
    duration_ms: 4000,
    error: null,
  });
  const published = reportRun(view({ decision: { ...decision, decision: 'publish' }, status: 'loading' }));
  expect(published).toMatchObject({ cancelled_at: null, cancelled_by: null, duration_ms: null });
});

test('a run that is not planned yet has stages without totals', () => {
  const report = reportRun(view({ plan: null, status: 'requested' }));
  expect(report.stages.map((stage) => stage.tasks_total)).toEqual([null, null, null]);
  expect(report.duration_ms).toBeNull();
});
