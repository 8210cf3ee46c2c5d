import { expect, it } from 'vitest';

import { makeManifest, makePlan, makeRequest } from '../testing/make-plan.ts';
import { roundSpan, taskSpan, type EndedRound, type JobTry } from './run-span.ts';

const plan = makePlan();
const tried: JobTry = {
  run: plan.run,
  round: 1,
  what: 'task',
  attempt: 'aaaa1111',
  worker: 'extract-1',
  startedAt: '2026-11-22T06:00:00.000Z',
  endedAt: '2026-11-22T06:00:01.000Z',
  outcome: 'done',
  error: null,
};
const extract = plan.tasks.find(({ kind }) => kind === 'extract')!;
const load = plan.tasks.find(({ kind }) => kind === 'load')!;

const batch = { key: 'staged/a', format: 'parquet', rows: 90, bytes: 4000, sha256: '0'.repeat(64) } as const;
const manifest = makeManifest(plan, extract.id, {
  attempt: tried.attempt,
  outputs: [{ table: 'orders', rows: 90, columns: [], batches: [batch] }],
  extracted: {
    files: [{ input: 0, seen: 100, accepted: 90, rejected: 10, blank: 0 }],
    rejects: { records: 10, byReason: { type_mismatch: 10 }, batches: [] },
    fingerprint: null,
    reused: null,
  },
});

it('a try at a task tells what it is and what the manifest counts', () => {
  const span = taskSpan(plan, extract, manifest, tried);
  expect(span).toMatchObject({ name: 'extract orders', round: 1, isRound: false, error: null });
  expect(span.attributes).toMatchObject({
    'millrace.run': plan.run,
    'millrace.pipeline': 'shop',
    'millrace.stage': 'extract',
    'millrace.task': extract.id,
    'millrace.attempt': 'aaaa1111',
    'millrace.outcome': 'done',
    'millrace.rows': 90,
    'millrace.bytes': 4000,
    'millrace.batches': 1,
    'millrace.records': 100,
    'millrace.rejects': 10,
  });
});

it('a try that another one was ahead of counts nothing as its own', () => {
  const span = taskSpan(plan, extract, { ...manifest, attempt: 'bbbb2222' }, tried);
  expect(span.attributes).toMatchObject({ 'millrace.outcome': 'not_needed' });
  expect(span.attributes).not.toHaveProperty('millrace.rows');
});

it('a check that failed has its counts and its error', () => {
  const span = taskSpan(plan, extract, manifest, { ...tried, outcome: 'fail', error: 'check_failed' });
  expect(span.error).toBe('check_failed');
  expect(span.attributes).toMatchObject({
    'millrace.outcome': 'fail',
    'error.type': 'check_failed',
    'millrace.rows': 90,
  });
});

const ended: EndedRound = {
  request: makeRequest(plan),
  plan,
  round: 1,
  retriedAt: null,
  failure: null,
  decision: null,
  loads: [],
};
const failure = {
  v: 1,
  run: plan.run,
  round: 1,
  task: null,
  error: { code: 'model_failed', message: 'a secret value', where: null, hint: null },
  attempts: 1,
  worker: 'w',
  failedAt: '2026-11-22T06:01:00.000Z',
} as const;

it('a run that goes on has no span yet, and one whose loads are all done is published', () => {
  expect(roundSpan(ended)).toBeNull();
  const tables = { daily: 3, best: 4 };
  const publishedAt = '2026-11-22T06:00:09.000Z';
  const loaded = { destination: 0, inserted: null, tables, publishedAt, already: false };
  expect(roundSpan({ ...ended, loads: [makeManifest(plan, load.id, { loaded })] })).toMatchObject({
    name: 'run shop',
    isRound: true,
    startedAt: '2026-11-22T06:00:00.000Z',
    endedAt: '2026-11-22T06:00:03.000Z',
    attributes: { 'millrace.status': 'published', 'millrace.rows': 7, 'millrace.trigger': 'cli' },
    error: null,
  });
});

it('a retry begins when it was asked for, and says why it failed by the code alone', () => {
  const retriedAt = '2026-11-22T06:00:50.000Z';
  const span = roundSpan({ ...ended, round: 2, retriedAt, failure: { ...failure, round: 2 } });
  expect(span).toMatchObject({ name: 'retry shop', startedAt: retriedAt, error: 'model_failed' });
  expect(JSON.stringify(span)).not.toContain('secret');
});

it('a run that was cancelled is no error', () => {
  const decision = {
    v: 1,
    run: plan.run,
    decision: 'cancel',
    by: 'a person',
    decidedAt: '2026-11-22T06:02:00.000Z',
  } as const;
  const span = roundSpan({ ...ended, decision, failure });
  expect(span).toMatchObject({ error: null, attributes: { 'millrace.status': 'cancelled' } });
});
