import { inputsOf } from '@millrace/shared/core/describe-extract';
import type { Extracted, Manifest, TaskResult } from '@millrace/shared/core/manifest';
import type { Plan } from '@millrace/shared/core/plan';
import type { ExtractReference, ExtractTask } from '@millrace/shared/core/task';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { TaskContext } from '@millrace/shared/ports/task-handler';
import { isPruned } from '@millrace/shared/runtime/pruned';
import type { RunStore } from '@millrace/shared/runtime/run-store';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';
import { wasReadAsPlanned } from '@millrace/sources/read/check-unchanged';

/**
 * What an earlier task made of the same inputs, as the result of this one: its batches and rejects by reference,
 * the counts of its files under the indexes of this plan. Null when there is no such task, and when something of it is
 * gone: then the inputs are read. Whether the objects still have their content is checked by whoever reads them.
 */
export async function takeOver(
  { store, logger }: Pick<ServiceTools, 'store' | 'logger'>,
  { plan, task, bucket }: TaskContext<ExtractTask>,
): Promise<TaskResult | null> {
  const { reuse, fingerprint } = task;
  if (reuse === null) return null;
  const earlier = await findEarlier(store, reuse);
  const isSame = earlier !== null && earlier.extracted.fingerprint === fingerprint;
  const why = isSame ? await findMissing(bucket, reuse, earlier) : `the manifest of ${reuse.run} is gone`;
  if (!isSame || why !== null) {
    logger.warn({ run: plan.run, task: task.id, reuse }, `reads again what was read before: ${why}`);
    return null;
  }
  const { outputs, extracted, inputs } = earlier;
  const indexes = inputsOf(task.read);
  const files = extracted.files.map((file) => ({
    ...file,
    input: indexes[inputs.indexOf(file.input)] ?? -1,
  }));
  logger.info({ run: plan.run, task: task.id, reuse }, 'taken over');
  return { outputs, extracted: { ...extracted, files, reused: reuse }, loaded: null };
}

interface Earlier extends Pick<Manifest, 'outputs'> {
  readonly extracted: Extracted;
  /** Indexes into the earlier plan of the files that were read, in the order in which this task would read them. */
  readonly inputs: readonly number[];
}

async function findEarlier(store: RunStore, reuse: ExtractReference): Promise<Earlier | null> {
  const manifest = await store.manifest(reuse.run, reuse.task);
  const plan = await store.plan(reuse.run);
  const task = plan?.tasks.find(({ id }) => id === reuse.task);
  if (manifest === null || manifest.extracted === null || task?.kind !== 'extract') return null;
  return { outputs: manifest.outputs, extracted: manifest.extracted, inputs: inputsOf(task.read) };
}

/**
 * What is gone, or is about to go. Asked here and not only at planning: pruning removes nothing that the plan of a run
 * wants, if the plan was there when it looked; if not, its record was there before the plan.
 */
async function findMissing(
  bucket: Bucket,
  { run, task }: ExtractReference,
  { outputs, extracted }: Earlier,
): Promise<string | null> {
  if (await isPruned(bucket, run, task)) return `data of ${run} was pruned`;
  const batches = [...outputs.flatMap((output) => output.batches), ...extracted.rejects.batches];
  for (const { key, bytes } of batches) {
    if ((await bucket.size(key)) !== bytes) return `${key} is gone`;
  }
  return null;
}

/** The fingerprint under which later runs may take over what this task has read; null when inputs changed meanwhile. */
export async function fingerprintOfRead(plan: Plan, task: ExtractTask): Promise<string | null> {
  for (const index of inputsOf(task.read)) {
    const input = plan.inputs[index];
    if (input === undefined || !(await wasReadAsPlanned(input))) return null;
  }
  return task.fingerprint;
}
