import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import { STAGE_OF, type Stage } from '../core/task.ts';
import { Counter, Histogram, type Registry } from '../npm/prom-client.ts';
import type { JobOutcome } from '../ports/job-consumer.ts';
import type { OtherHandler } from './process-job.ts';
import type { RunStore } from './run-store.ts';

/** From a batch of a few rows to a model that takes most of an hour. */
const DURATION_BUCKETS_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000];

/** Counts what one worker does. Counts begin at 0 with each process, as Prometheus expects it. */
export interface WorkMeter {
  /** What became of a job that this worker had. */
  attempted(outcome: JobOutcome['kind']): void;
  /** A task that this worker committed: what another attempt has committed is not counted. */
  committed(plan: Plan, manifest: Manifest): void;
  /** A run that this worker published, or recorded as ended otherwise. */
  ended(pipeline: string, status: 'published' | 'failed' | 'cancelled'): void;
}

export function createWorkMeter(registry: Registry, stage: Stage): WorkMeter {
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const attempts = counter(
    'millrace_task_attempts_total',
    'Tries of tasks by what became of them: done, retry, delay, fail or hand_back.',
    'stage',
    'outcome',
  );
  const rows = counter('millrace_rows_total', 'Rows written by committed tasks.', 'stage', 'pipeline');
  const bytes = counter('millrace_bytes_total', 'Bytes of batches of committed tasks.', 'stage', 'pipeline');
  const batches = counter('millrace_batches_total', 'Batches of committed tasks.', 'stage', 'pipeline');
  const records = counter('millrace_records_total', 'Records read, good and bad.', 'pipeline');
  const rejects = counter('millrace_rejects_total', 'Records rejected, by reason.', 'pipeline', 'reason');
  const runs = counter('millrace_runs_total', 'Runs that ended, by how.', 'pipeline', 'status');
  const durations = new Histogram({
    name: 'millrace_task_duration_seconds',
    help: 'From the start of the try that committed a task to its commit.',
    labelNames: ['stage', 'kind', 'pipeline'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  return {
    attempted: (outcome) => attempts.inc({ stage, outcome }),
    committed: ({ pipeline }, manifest) => {
      const { kind, startedAt, finishedAt, extracted } = manifest;
      const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
      durations.observe({ stage, kind, pipeline }, seconds);
      // The run that read them has counted them.
      if ((extracted?.reused ?? null) !== null) return;
      const written = countWritten(manifest);
      rows.inc({ stage, pipeline }, written.rows);
      bytes.inc({ stage, pipeline }, written.bytes);
      batches.inc({ stage, pipeline }, written.batches);
      if (extracted === null) return;
      records.inc({ pipeline }, sum(extracted.files.map(({ seen }) => seen)));
      for (const [reason, count] of Object.entries(extracted.rejects.byReason))
        rejects.inc({ pipeline, reason }, count);
    },
    ended: (pipeline, status) => runs.inc({ pipeline, status }),
  };
}

/** The store with its commits counted: whatever commits a manifest goes through it, and only the first one counts. */
export function measureCommits(store: RunStore, meter: WorkMeter): RunStore {
  return {
    ...store,
    async commitManifest(manifest) {
      const isFirst = await store.commitManifest(manifest);
      const plan = isFirst ? await store.plan(manifest.run) : null;
      if (plan === null) return isFirst;
      meter.committed(plan, manifest);
      if (STAGE_OF[manifest.kind] === 'load' && (await isPublished(store, plan)))
        meter.ended(plan.pipeline, 'published');
      return isFirst;
    },
  };
}

/** Counts the runs that were not published, once their destinations know. */
export function measureEnds(handle: OtherHandler, store: RunStore, meter: WorkMeter): OtherHandler {
  return async (message, logger, signal) => {
    await handle(message, logger, signal);
    if (message.type !== 'run_ended') return;
    const request = await store.request(message.run);
    const status = (await store.isCancelled(message.run)) ? 'cancelled' : 'failed';
    if (request !== null) meter.ended(request.pipeline, status);
  };
}

async function isPublished(store: RunStore, plan: Plan): Promise<boolean> {
  const loads = plan.tasks.filter(({ kind }) => kind === 'load').map(({ id }) => id);
  return store.areDone(plan.run, loads);
}

function countWritten({ outputs, loaded }: Manifest): { rows: number; bytes: number; batches: number } {
  const batches = outputs.flatMap((output) => output.batches);
  return {
    rows: sum(outputs.map((output) => output.rows)) + sum(Object.values(loaded?.tables ?? {})),
    bytes: sum(batches.map((batch) => batch.bytes)),
    batches: batches.length,
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
