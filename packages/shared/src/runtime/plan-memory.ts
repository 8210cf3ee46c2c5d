import { readExtractRecord } from '../contracts/extract-record-v1.ts';
import { readKnownFiles } from '../contracts/known-files-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { describeSurvey, filesOf } from '../core/known-file.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { PlanMemory } from '../ports/plan-memory.ts';
import { isPruned } from './pruned.ts';
import { CODE_VERSION } from './version.ts';

/** The memory of a pipeline in the bucket. */
export function openPlanMemory(bucket: Bucket, pipeline: string): PlanMemory {
  return {
    async files(source) {
      const key = bucketLayout.knownFiles(pipeline, source.name);
      const content = await bucket.read(key);
      if (content === null) return new Map();
      const { survey, files } = readKnownFiles(content, key);
      return new Map(
        survey === describeSurvey(CODE_VERSION, source) ? files.map((file) => [file.path, file]) : [],
      );
    },
    async extract(fingerprint) {
      const key = bucketLayout.extract(pipeline, fingerprint);
      const content = await bucket.read(key);
      if (content === null) return null;
      const { run, task } = readExtractRecord(content, key);
      const exists = await bucket.exists(bucketLayout.manifest(run, task));
      return exists && !(await isPruned(bucket, run, task)) ? { run, task } : null;
    },
  };
}

/** Keeps what a plan found out about its files, for the next planning. */
export async function rememberFiles(bucket: Bucket, plan: Plan): Promise<void> {
  for (const source of plan.sources) {
    const survey = describeSurvey(plan.codeVersion, source);
    const content = writeJson({ v: 1, survey, files: filesOf(plan, source.name) });
    await bucket.replace(bucketLayout.knownFiles(plan.pipeline, source.name), content);
  }
}

/**
 * Lets later runs take over what a committed task read. What it took over itself is known under the task that made
 * it, and stays known under that one: it is whose objects they are.
 */
export async function rememberExtract(
  bucket: Bucket,
  plan: Plan,
  { run, task, extracted }: Manifest,
): Promise<void> {
  if (extracted === null || extracted.fingerprint === null || extracted.reused !== null) return;
  const key = bucketLayout.extract(plan.pipeline, extracted.fingerprint);
  await bucket.replace(key, writeJson({ v: 1, run, task }));
}
