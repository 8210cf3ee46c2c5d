import { existsSync } from 'node:fs';
import path from 'node:path';

import { fail } from '@millrace/shared/core/errors';
import type { Plan } from '@millrace/shared/core/plan';
import type { Config } from '@millrace/shared/runtime/config';
import type { Deployed } from '@millrace/shared/runtime/deploy';

import { deployPipeline } from '../find-pipeline.ts';

/**
 * The pipeline as it is now: what was named, else the folder that the run was made from, for that is where it was
 * mended; where that is gone, what `millrace run <name>` would take.
 */
export async function findMendedPipeline(
  root: Plan,
  named: string | undefined,
  config: Config,
): Promise<Deployed> {
  const folder = existsSync(path.join(root.baseDir, 'pipeline.yml')) ? root.baseDir : root.pipeline;
  const deployed = await deployPipeline(named ?? folder, config);
  if (deployed.pipeline === root.pipeline) return deployed;
  throw fail('replay_impossible', {
    message: `The run is of pipeline '${root.pipeline}', and the one found now is named '${deployed.pipeline}'.`,
    where: named ?? folder,
    hint: 'Name the pipeline with --pipeline.',
  });
}
