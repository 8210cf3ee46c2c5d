import { randomBytes } from 'node:crypto';

import { openDestinationReader } from '../adapters/destination-reader.ts';
import { fail } from '../core/errors.ts';
import type { Loaded } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import type { LoadTask } from '../core/task.ts';
import type { RunStore } from './run-store.ts';
import { orDamage } from './unless-damaged.ts';
import { CODE_VERSION } from './version.ts';

/**
 * Asked before a load is given up: writes its manifest when the destination has the run, because an earlier attempt
 * committed and ended before it could write it. Such a run must never be recorded as failed: its rows are there.
 * @returns whether the task is done
 * @throws when the destination cannot be asked; then nothing must be recorded
 */
export async function settleLoad(
  store: RunStore,
  worker: string,
  plan: Pick<Plan, 'run' | 'destinations'>,
  task: LoadTask,
): Promise<boolean> {
  if ((await store.manifest(plan.run, task.id)) !== null) return true;
  if (!(await mayBePublished(store, plan.run))) return false;
  const loaded = await findPublished(plan, task);
  if (loaded === null) return false;
  const now = new Date().toISOString();
  await store.commitManifest({
    v: 1,
    run: plan.run,
    task: task.id,
    kind: task.kind,
    attempt: randomBytes(4).toString('hex'),
    generation: 1,
    worker,
    codeVersion: CODE_VERSION,
    startedAt: now,
    finishedAt: now,
    reads: [],
    outputs: [],
    extracted: null,
    loaded,
    checked: null,
  });
  return true;
}

/** Nobody publishes without having decided so; of a decision that is damaged nobody can tell what it was. */
export async function mayBePublished(store: RunStore, run: string): Promise<boolean> {
  const { value, damage } = await orDamage(store.decision(run));
  return damage !== null || value?.decision === 'publish';
}

async function findPublished(
  plan: Pick<Plan, 'run' | 'destinations'>,
  task: LoadTask,
): Promise<Loaded | null> {
  const destination = plan.destinations[task.destination];
  if (destination === undefined) {
    throw fail('message_invalid', {
      message: `The plan has no destination ${task.destination}.`,
      where: task.id,
    });
  }
  const reader = openDestinationReader(destination);
  try {
    const found = await reader.run(plan.run);
    if (found?.record.status !== 'published') return null;
    return {
      destination: task.destination,
      inserted: null,
      tables: found.tables,
      publishedAt: found.record.endedAt,
      already: true,
    };
  } finally {
    await reader.close();
  }
}
