import type { Bundle } from '../contracts/bundle-v1.ts';
import { compilePipeline } from '../contracts/compile-pipeline.ts';
import { isMillraceError } from '../core/errors.ts';
import type { Destination } from '../core/pipeline.ts';
import type { RunRequest } from '../core/run.ts';

/** Pipelines as they were requested. */
export interface Bundles {
  bundle(pipeline: string, hash: string): Promise<Bundle>;
}

/**
 * Where a run without a plan would have published to. None for a pipeline that this version cannot read: then no
 * destination can have a part in it, and the bucket alone remembers the run.
 */
export async function declaredDestinations(
  store: Bundles,
  { pipeline, bundle }: Pick<RunRequest, 'pipeline' | 'bundle'>,
): Promise<readonly Destination[]> {
  try {
    return compilePipeline(await store.bundle(pipeline, bundle)).destinations;
  } catch (error) {
    if (isMillraceError(error) && UNREADABLE.has(error.code)) return [];
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'model_invalid',
  'pipeline_invalid',
  'pipeline_not_found',
  'record_corrupt',
]);
