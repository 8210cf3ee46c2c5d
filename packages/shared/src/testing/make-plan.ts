import { DEFAULT_DECODING } from '../core/decoding.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRequest } from '../core/run.ts';
import { buildTasks } from '../core/build-tasks.ts';
import type { Task } from '../core/task.ts';

/**
 * A small plan for tests: two partitions of `orders`, one of `customers`, two models in a row, one destination; no check
 * tasks, of which most tests would only have to take no notice.
 */
export function makePlan(changes: Partial<Plan> = {}): Plan {
  const models = [
    {
      name: 'daily',
      sql: 'SELECT * FROM orders',
      file: 'models/daily.sql',
      dependsOn: ['orders'],
      load: { kind: 'append' },
    },
    {
      name: 'best',
      sql: 'SELECT * FROM daily',
      file: 'models/best.sql',
      dependsOn: ['daily', 'customers'],
      load: { kind: 'append' },
    },
  ] as const;
  const destinations = [{ type: 'sqlite', path: '/data/out.db' }] as const;
  const files = (source: string, input: number) => ({
    source,
    tables: [source],
    table: null,
    read: { kind: 'files', slices: [{ input, start: 0, end: null, firstLine: 1, firstRecord: 1 }] } as const,
  });
  const table = (name: string) => ({
    name,
    source: name,
    key: [],
    each: null,
    columns: [
      {
        name: 'id',
        type: { kind: 'integer' },
        path: { from: 'record', steps: ['id'] },
        required: true,
        strict: false,
        format: null,
      },
    ] as const,
    inferred: false,
    query: null,
    relation: name,
  });
  const input = (source: string, name: string) => ({
    source,
    path: `/data/${name}`,
    name,
    sizeBytes: 10,
    modifiedMs: 0,
    changedMs: 0,
    inode: '1',
    hashedAt: '2026-11-22T06:00:00.500Z',
    inUse: false,
    sha256: '0'.repeat(64),
    compression: 'none' as const,
    layout: { kind: 'json', shape: 'lines' } as const,
  });
  return {
    v: 1,
    run: '20261122T060000-0a1b2c3d',
    pipeline: 'shop',
    bundle: 'f'.repeat(64),
    baseDir: '/data',
    codeVersion: '0.1.0',
    plannedAt: '2026-11-22T06:00:01.000Z',
    batch: { rows: 50_000, bytes: 33_554_432 },
    rejects: { maxRows: null, maxRatio: null, sources: [] },
    inputs: [
      input('orders', 'orders-1.json'),
      input('orders', 'orders-2.json'),
      input('customers', 'customers.json'),
    ],
    sources: ['orders', 'customers'].map(
      (name) =>
        ({
          name,
          type: 'json',
          records: null,
          members: false,
          csv: null,
          decoding: DEFAULT_DECODING,
        }) as const,
    ),
    tables: [table('orders'), table('customers')],
    models,
    destinations,
    cursors: [],
    checks: [],
    baselines: [],
    drift: [],
    tasks: withoutChecks(
      buildTasks([files('orders', 0), files('orders', 1), files('customers', 2)], models, [], destinations),
    ),
    ...changes,
  };
}

function withoutChecks(tasks: readonly Task[]): Task[] {
  const checks = new Set(tasks.flatMap(({ kind, id }) => (kind === 'check' ? [id] : [])));
  return tasks
    .filter(({ id }) => !checks.has(id))
    .map((task) => ({ ...task, dependsOn: task.dependsOn.filter((id) => !checks.has(id)) }));
}

/** The request that the plan answers: from a person's command, reading only what changed. */
export function makeRequest(plan: Plan): RunRequest {
  return {
    v: 1,
    run: plan.run,
    pipeline: plan.pipeline,
    bundle: plan.bundle,
    requestedAt: '2026-11-22T06:00:00.000Z',
    trigger: 'cli',
    key: null,
    full: false,
    replay: null,
  };
}

/** The manifest of a task that made nothing, with changes. */
export function makeManifest(plan: Plan, task: string, changes: Partial<Manifest> = {}): Manifest {
  return {
    v: 1,
    run: plan.run,
    task,
    kind: plan.tasks.find((candidate) => candidate.id === task)?.kind ?? 'extract',
    attempt: 'a1b2c3d4',
    generation: 1,
    worker: 'worker-1',
    codeVersion: '0.1.0',
    startedAt: '2026-11-22T06:00:02.000Z',
    finishedAt: '2026-11-22T06:00:03.000Z',
    reads: [],
    outputs: [],
    extracted: null,
    loaded: null,
    checked: null,
    ...changes,
  };
}
