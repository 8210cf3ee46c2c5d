import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import { deployFolder, findDeployed, type Deployed } from '@millrace/shared/runtime/deploy';
import { createRunStore } from '@millrace/shared/runtime/run-store';

import { openLocalBucket } from './local-bucket.ts';

const PIPELINE_FILE = 'pipeline.yml';
const PIPELINES_FOLDER = 'pipelines';

/** What a person named: a folder on this machine, or a pipeline that was deployed into the bucket. */
type Found = { readonly folder: string } | { readonly deployed: Deployed; readonly bucket: Bucket };

/**
 * A folder (or its pipeline.yml) is taken as it is; a name is looked up in ./pipelines, then among the deployed.
 * @throws `pipeline_not_found`
 */
async function findPipeline(given: string, config: Config): Promise<Found> {
  const folder = path.basename(given) === PIPELINE_FILE ? path.dirname(given) : given;
  if (existsSync(path.join(folder, PIPELINE_FILE))) return { folder };
  const named = path.join(PIPELINES_FOLDER, given);
  if (existsSync(path.join(named, PIPELINE_FILE))) return { folder: named };
  // Asking must not make a bucket where there is none.
  const bucket = existsSync(config.bucket) ? await openLocalBucket(config) : null;
  const deployed = bucket === null || !isPipelineName(given) ? null : await findDeployed(bucket, given);
  if (bucket !== null && deployed !== null) return { deployed, bucket };
  // What is there gets the error that says what is wrong with it.
  if (existsSync(given)) return { folder };
  if (given.includes('/')) throw await noSuchFolder(folder);
  throw await notFound(given, bucket);
}

/** The pipeline as it is to be run; a folder is deployed by it. Throws `pipeline_not_found`, `pipeline_invalid`. */
export async function deployPipeline(given: string, config: Config): Promise<Deployed> {
  const found = await findPipeline(given, config);
  if ('deployed' in found) return found.deployed;
  return deployFolder(await openLocalBucket(config), found.folder, config.destinations);
}

/** The pipeline's files; writes nothing. Throws `pipeline_not_found`, `pipeline_invalid`. */
export async function readPipeline(given: string, config: Config): Promise<Bundle> {
  const found = await findPipeline(given, config);
  if ('folder' in found) return readPipelineFolder(found.folder, config.destinations);
  return createRunStore(found.bucket).bundle(found.deployed.pipeline, found.deployed.bundle);
}

/** The folder of a pipeline, for what a deployed one does not have. Throws `pipeline_not_found`. */
export async function findPipelineFolder(given: string, config: Config): Promise<string> {
  const found = await findPipeline(given, config);
  if ('folder' in found) return found.folder;
  throw fail('pipeline_not_found', {
    message: `'${given}' is deployed, but its folder is not here.`,
    where: `./${PIPELINES_FOLDER}`,
    hint: 'Give the folder of the pipeline.',
  });
}

/** A path is not to be looked up in the bucket, where it would be a key. */
export function isPipelineName(given: string): boolean {
  return /^\w+$/.test(given);
}

async function noSuchFolder(folder: string): Promise<Error> {
  const parent = path.dirname(folder);
  const known = (await listPipelines(parent)).map((name) => path.join(parent, name));
  return fail('pipeline_not_found', {
    message: `There is no folder '${folder}'.${didYouMean(folder, known)}`,
    where: path.resolve(folder),
    hint: 'Give the folder of a pipeline, or make one with `millrace init <dir> --from <files>`.',
  });
}

/** Names of the folders in `parent` that hold a pipeline. */
async function listPipelines(parent: string): Promise<string[]> {
  const names = existsSync(parent) ? await readdir(parent) : [];
  return names.filter((name) => existsSync(path.join(parent, name, PIPELINE_FILE)));
}

async function notFound(given: string, bucket: Bucket | null): Promise<Error> {
  const inFolder = await listPipelines(PIPELINES_FOLDER);
  const keys = bucket === null ? [] : await bucket.list(bucketLayout.pipelines);
  const deployed = keys.map((key) => key.slice(bucketLayout.pipelines.length, -1));
  const known = [...new Set([...inFolder, ...deployed])].sort();
  return fail('pipeline_not_found', {
    message: `There is no pipeline '${given}'.${didYouMean(given, known)}`,
    where: `./${PIPELINES_FOLDER} and the deployed pipelines`,
    hint:
      known.length === 0
        ? 'Give the folder of a pipeline, or make one with `millrace init <dir> --from <files>`.'
        : `Known pipelines: ${known.join(', ')}. Or give the folder of one.`,
  });
}
