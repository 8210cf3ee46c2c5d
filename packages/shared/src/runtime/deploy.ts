import { createHash } from 'node:crypto';

import { readPipelineFolder } from '../adapters/pipeline-folder.ts';
import type { Bundle } from '../contracts/bundle-v1.ts';
import { compilePipeline } from '../contracts/compile-pipeline.ts';
import { readDeployedFile, type DeployedFile } from '../contracts/deployed-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import { isMillraceError } from '../core/errors.ts';
import type { Schedule } from '../core/schedule.ts';
import type { Bucket } from '../ports/bucket.ts';

export interface Deployed {
  readonly pipeline: string;
  /** sha256 of the folder's content, hex. */
  readonly bundle: string;
}

/** The name that a bundle's content gives it, hex. */
export function bundleHash(bundle: Bundle): string {
  return createHash('sha256').update(writeJson(bundle)).digest('hex');
}

/**
 * Keeps a pipeline folder in the bucket by content hash, so that workers need no copy of it and edits do not reach
 * runs that have begun. Doing it again with the same content changes nothing.
 * @param destinations as `Config.destinations`
 */
export async function deployFolder(
  bucket: Bucket,
  folder: string,
  destinations: string | null = null,
): Promise<Deployed> {
  const bundle = await readPipelineFolder(folder, destinations);
  const { schedule } = compilePipeline(bundle);
  const { pipeline } = bundle;
  const hash = bundleHash(bundle);
  await bucket.createIfAbsent(bucketLayout.bundle(pipeline, hash), writeJson(bundle));
  const since = new Date().toISOString();
  const deployed: DeployedFile = {
    v: 1,
    bundle: hash,
    schedule:
      schedule === null
        ? null
        : { ...schedule, since: (await sinceWhen(bucket, pipeline, schedule)) ?? since },
  };
  await bucket.replace(bucketLayout.deployed(pipeline), writeJson(deployed));
  return { pipeline, bundle: hash };
}

/** When the same times took effect; null when they have not. A time that was missed is not lost by a deployment. */
async function sinceWhen(bucket: Bucket, pipeline: string, schedule: Schedule): Promise<string | null> {
  const deployed = await readDeployed(bucket, pipeline).catch((error: unknown) => {
    // Deploying anew is how a person mends the file.
    if (isMillraceError(error) && error.code === 'record_corrupt') return null;
    throw error;
  });
  const before = deployed?.schedule ?? null;
  const isSame = before?.cron === schedule.cron && before.timeZone === schedule.timeZone;
  return isSame ? before.since : null;
}

/** Null when nothing of that name was deployed. */
export async function readDeployed(bucket: Bucket, pipeline: string): Promise<DeployedFile | null> {
  const key = bucketLayout.deployed(pipeline);
  const content = await bucket.read(key);
  return content === null ? null : readDeployedFile(content, key);
}

/** What a run of this name would use, or null when nothing of that name was deployed. */
export async function findDeployed(bucket: Bucket, pipeline: string): Promise<Deployed | null> {
  const deployed = await readDeployed(bucket, pipeline);
  return deployed === null ? null : { pipeline, bundle: deployed.bundle };
}
