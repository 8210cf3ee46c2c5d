import type { Message } from '../contracts/message.ts';
import { balanceSheet } from '../core/balance-sheet.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { extractImbalances } from '../core/conservation.ts';
import { fail } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import type { Task } from '../core/task.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { TaskQueue } from '../ports/queue.ts';
import type { TaskHandler, TaskProgress } from '../ports/task-handler.ts';
import { advanceRun } from './advance-run.ts';
import { checkAfterExtract, requireFewRejects } from './check-reject-limits.ts';
import type { Logger } from './logger.ts';
import { rememberExtract } from './plan-memory.ts';
import { requireChecks } from './require-checks.ts';
import { whyRoundIsOver } from './round-over.ts';
import type { RunEvents } from './run-events.ts';
import type { RunStore } from './run-store.ts';
import { settleLoad } from './settle-load.ts';
import { CODE_VERSION } from './version.ts';

type TaskReady = Extract<Message, { type: 'task_ready' }>;

export interface TaskRunner {
  readonly bucket: Bucket;
  readonly store: RunStore;
  readonly queue: TaskQueue;
  readonly worker: string;
  /** Names run, task and attempt in every line. */
  readonly logger: Logger;
  /** Unique per try. */
  readonly attempt: string;
  readonly handle: TaskHandler;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TaskProgress) => void;
  readonly events?: RunEvents | null;
}

/**
 * One attempt at a task: read the plan and the manifests it depends on, do the work, commit the manifest, enqueue
 * what became ready. Doing it twice is harmless: whoever commits second finds the manifest and stops.
 */
export async function doTask(runner: TaskRunner, message: TaskReady): Promise<void> {
  const { attempt, logger } = runner;
  const { plan, task } = await findTask(runner.store, message);
  const over = await whyRoundIsOver(runner.store, plan.run, message.round);
  if (over !== null) {
    const isLoaded = task.kind === 'load' && (await settleLoad(runner.store, runner.worker, plan, task));
    logger.info(isLoaded ? 'done: the destination has the run' : `skipped: ${over}`);
    return;
  }
  let remembering: Promise<void> | null = null;
  const committed = await runner.store.manifest(plan.run, task.id);
  if (committed === null) {
    const startedAt = new Date().toISOString();
    const { generation } = message;
    runner.events?.taskStarted(plan, task, message.round);
    const manifest = await attemptUnlessDone(runner, plan, task, { attempt, generation, startedAt });
    if (manifest !== null && (await runner.store.commitManifest(manifest))) {
      // Beside what follows, which must not wait for it. What fails here is thrown below.
      remembering = rememberExtract(runner.bucket, plan, manifest);
      remembering.catch(() => undefined);
      runner.events?.taskDone(plan, task, message.round);
      logger.info(
        { durationMs: Date.parse(manifest.finishedAt) - Date.parse(startedAt), rows: countRows(manifest) },
        'done',
      );
    } else {
      logger.warn('fenced: another attempt has committed this task; its result stands');
    }
  } else {
    logger.info('already done');
  }
  if (task.kind === 'extract') await checkAfterExtract(runner.bucket, runner.store, plan, task.id);
  // Its manifest stands, with all that it found; only then the run fails.
  if (task.kind === 'check')
    await requireChecks(runner.bucket, plan, await runner.store.manifests(plan.run, [task.id]));
  await advanceRun(runner.store, runner.queue, plan, { round: message.round, committed: task.id });
  await remembering;
  // Also when a try before has committed: it may have ended before it could tell.
  if (task.kind === 'load') runner.events?.ended(plan.run);
}

async function findTask(store: RunStore, message: TaskReady): Promise<{ plan: Plan; task: Task }> {
  const plan = await store.plan(message.run);
  if (plan === null) {
    throw fail('bucket_unavailable', {
      message: `The plan of run ${message.run} is not in this worker's bucket.`,
      where: bucketLayout.plan(message.run),
      hint: 'All workers and the CLI must use the same bucket: compare MILLRACE_BUCKET.',
    });
  }
  const task = plan.tasks.find((candidate) => candidate.id === message.task);
  if (task === undefined) {
    throw fail('message_invalid', {
      message: `The plan has no task '${message.task}'.`,
      where: `run ${message.run}`,
    });
  }
  return { plan, task };
}

/** Null when the try failed, but another one has committed the task meanwhile: then its error is of no concern. */
async function attemptUnlessDone(
  runner: TaskRunner,
  plan: Plan,
  task: Task,
  current: Try,
): Promise<Manifest | null> {
  try {
    return await attemptTask(runner, plan, task, current);
  } catch (error) {
    // What the bucket says while it fails is not known; then the error counts.
    const other = await runner.store.manifest(plan.run, task.id).catch(() => null);
    if (other === null) throw error;
    runner.logger.warn({ err: error }, 'failed, after another attempt had committed this task');
    return null;
  }
}

interface Try {
  readonly attempt: string;
  readonly generation: number;
  readonly startedAt: string;
}

async function attemptTask(runner: TaskRunner, plan: Plan, task: Task, current: Try): Promise<Manifest> {
  const request = await runner.store.request(plan.run);
  if (request === null)
    throw fail('bucket_unavailable', {
      message: `The request of run ${plan.run} is gone.`,
      where: bucketLayout.request(plan.run),
    });
  const inputs = await readInputs(runner.store, plan, task);
  // Asked again here: a crash between a check and its verdict must not let a run through.
  await requireChecks(runner.bucket, plan, inputs);
  if (task.kind === 'load') {
    // Asked again for the same reason.
    await requireFewRejects(runner.bucket, plan, inputs);
    // Before, because the load is the publishing: it counts again what it writes, before it commits.
    requireBalance(task, balanceSheet(plan, inputs).imbalances);
  }
  const result = await runner.handle({
    plan,
    request,
    task,
    inputs,
    bucket: runner.bucket,
    attempt: current.attempt,
    signal: runner.signal,
    onProgress: runner.onProgress,
  });
  const manifest: Manifest = {
    v: 1,
    run: plan.run,
    task: task.id,
    kind: task.kind,
    attempt: current.attempt,
    generation: current.generation,
    worker: runner.worker,
    codeVersion: CODE_VERSION,
    startedAt: current.startedAt,
    finishedAt: new Date().toISOString(),
    reads: [],
    checked: null,
    ...result,
  };
  if (task.kind === 'extract') requireBalance(task, extractImbalances(plan, manifest));
  if (task.kind === 'model' || task.kind === 'check')
    requireBalance(task, balanceSheet(plan, new Map([...inputs, [task.id, manifest]])).imbalances);
  return manifest;
}

/** Sentences told at most; a defect that breaks one count may break thousands. */
const TOLD_IMBALANCES = 5;

function requireBalance(task: Task, imbalances: readonly string[]): void {
  if (imbalances.length === 0) return;
  const more = imbalances.length - TOLD_IMBALANCES;
  const told = imbalances.slice(0, TOLD_IMBALANCES).join('; ');
  throw fail('conservation_broken', {
    message: `Records or rows were counted differently: ${told}${more > 0 ? `; and ${more} more` : ''}.`,
    where: `task ${task.id}`,
    hint: 'This is a defect of millrace, or something in its bucket was changed: please report it with the input. Nothing was published.',
  });
}

async function readInputs(store: RunStore, plan: Plan, task: Task): Promise<Map<string, Manifest>> {
  const inputs = await store.manifests(plan.run, task.dependsOn);
  const missing = task.dependsOn.find((id) => !inputs.has(id));
  if (missing === undefined) return inputs;
  throw fail('bucket_unavailable', {
    message: `Task '${task.id}' was enqueued before '${missing}', which it needs, was done.`,
    where: `run ${plan.run}`,
  });
}

function countRows(manifest: Manifest): number {
  const loaded = Object.values(manifest.loaded?.tables ?? {});
  return [...manifest.outputs.map((output) => output.rows), ...loaded].reduce((sum, rows) => sum + rows, 0);
}
