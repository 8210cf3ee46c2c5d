import { openEngine } from '../adapters/duckdb.ts';
import { readRejects } from '../adapters/parquet-reader.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import { findOverrun, rejectLimitError, type RejectOverrun } from '../core/reject-limit.ts';
import { MAX_EXAMPLES_PER_REASON, exampleOf, type RejectExample } from '../core/reject-report.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { RunStore } from './run-store.ts';

/** A few rejects, of which each may be as large as the largest record. */
const ENGINE = { memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null } as const;

/**
 * Throws `reject_limit`, with examples, when these manifests exceed a limit of the plan.
 * @param manifests by task id; those of tasks that are still open are missing
 */
export async function requireFewRejects(
  bucket: Bucket,
  plan: Plan,
  manifests: ReadonlyMap<string, Manifest>,
): Promise<void> {
  const overrun = findOverrun(plan, manifests);
  if (overrun !== null) throw rejectLimitError(plan, overrun, await readExamples(bucket, overrun));
}

/**
 * The same after the commit of an extract task. Looking at all manifests after each of many commits costs, so a
 * task without rejects is looked at no further until it was the last one: it can exceed nothing but a ratio.
 */
export async function checkAfterExtract(
  bucket: Bucket,
  store: RunStore,
  plan: Plan,
  task: string,
): Promise<void> {
  const extracts = plan.tasks.filter(({ kind }) => kind === 'extract').map(({ id }) => id);
  const rejected = (await store.manifest(plan.run, task))?.extracted?.rejects.records ?? 0;
  if (rejected === 0 && !(await store.areDone(plan.run, extracts))) return;
  const done = await store.done(plan.run);
  const committed = extracts.filter((id) => done.has(id));
  await requireFewRejects(bucket, plan, await store.manifests(plan.run, committed));
}

/** The first of each reason, in the order of the tasks and, within one, of the records. */
async function readExamples(bucket: Bucket, { reasons, batches }: RejectOverrun): Promise<RejectExample[]> {
  const engine = await openEngine(ENGINE);
  try {
    const examples: RejectExample[] = [];
    for (const reason of reasons) {
      let wanted = MAX_EXAMPLES_PER_REASON;
      // Object by object: most often the first has enough, and a run may have thousands.
      for (const batch of batches) {
        if (wanted === 0) break;
        const found = await readRejects(engine, [await bucket.open(batch)], { reason, limit: wanted });
        examples.push(...found.map(exampleOf));
        wanted -= found.length;
      }
    }
    return examples;
  } finally {
    await engine.close();
  }
}
