import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { toErrorRecord } from '@millrace/shared/core/errors';
import {
  broken,
  checkFolder,
  checkNode,
  checkRunning,
  ok,
  type Check,
} from '@millrace/shared/runtime/examine';
import { listDeployed } from '@millrace/shared/runtime/schedules';
import { CODE_VERSION } from '@millrace/shared/runtime/version';

import type { HealthPage } from './api/health.ts';
import { requirePipeline } from './read-pipeline.ts';
import type { DashboardTools } from './tools.ts';

/** What `millrace doctor` looks at, as far as it can be seen from here, and the pipelines that are deployed. */
export async function examine(tools: DashboardTools): Promise<HealthPage> {
  const { config, redisUrl } = tools;
  const checks: Check[] = [
    checkNode(process.versions.node),
    await checkFolder('bucket', config.bucket, 'Set MILLRACE_BUCKET to a folder that this user can write.'),
    ...(await checkRunning(config, redisUrl)),
    ...(await checkDeployed(tools)),
  ];
  return { checks, version: CODE_VERSION, home: config.home };
}

async function checkDeployed({ bucket, store }: DashboardTools): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of await listDeployed(bucket)) {
    try {
      const { bundle } = await requirePipeline(bucket, name);
      const { sources, models } = compilePipeline(await store.bundle(name, bundle));
      checks.push(ok(`pipeline ${name}`, `sources: ${sources.length}, models: ${models.length}`));
    } catch (error) {
      const { message, hint } = toErrorRecord(error);
      checks.push(broken(`pipeline ${name}`, message, hint ?? 'Correct its pipeline.yml, and deploy it.'));
    }
  }
  return checks;
}
