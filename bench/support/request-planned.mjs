import { randomBytes } from 'node:crypto';

import { writeJson } from '@millrace/shared/contracts/read-json';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { makeRunId } from '@millrace/shared/core/run';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { planRun } from '@millrace/sources/plan/run-planner';

/**
 * Stores the request of a run whose plan stands already, changed as the question wants it. All inputs are read anew.
 * @param {{ bucket: import('@millrace/shared/ports/bucket').Bucket, store: import('@millrace/shared/runtime/run-store').RunStore }} stores
 * @param {string} pipeline its folder
 * @param {(plan: import('@millrace/shared/core/plan').Plan) => import('@millrace/shared/core/plan').Plan} change
 */
export async function requestPlanned({ bucket, store }, pipeline, change) {
  const deployed = await deployFolder(bucket, pipeline);
  const requestedAt = new Date().toISOString();
  const run = makeRunId(requestedAt, randomBytes(4).toString('hex'));
  const request = {
    v: 1,
    run,
    ...deployed,
    requestedAt,
    trigger: 'cli',
    key: null,
    full: true,
    replay: null,
  };
  await bucket.createIfAbsent(bucketLayout.request(run), writeJson(request));
  const bundle = await store.bundle(deployed.pipeline, deployed.bundle);
  const wish = { bundle, bundleHash: deployed.bundle, run, plannedAt: requestedAt, full: true };
  await store.commitPlan(change(await planRun(wish)));
  return request;
}
