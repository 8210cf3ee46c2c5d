// A warm extractor without its queue: the planner and the handler of the service, called over IPC.
import path from 'node:path';

import { createExtractHandler } from '@millrace/extractor/dist/handle-extract.js';
import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { readConfig } from '@millrace/shared/runtime/config';
import { bundleHash } from '@millrace/shared/runtime/deploy';
import { planRun } from '@millrace/sources/plan/run-planner';

import { serve } from './child.mjs';

const handle = createExtractHandler({ config: readConfig(process.env), store: null, logger: null });
let plan = null;
let bucket = null;

serve({
  /** @returns the plan, and how long it took to make */
  async plan({ folder, files }) {
    const bundle = { v: 1, pipeline: 'reading', baseDir: path.resolve(folder), files };
    const startedAt = performance.now();
    const made = await planRun({
      bundle,
      bundleHash: bundleHash(bundle),
      run: '20260101T000000-00000000',
      plannedAt: '2026-01-01T00:00:00.000Z',
    });
    return { plan: made, durationMs: performance.now() - startedAt };
  },
  async open({ plan: given, bucketFolder }) {
    plan = given;
    bucket = await openFolderBucket(bucketFolder);
  },
  read: ({ task }) =>
    handle({
      plan,
      task: plan.tasks.find(({ id }) => id === task),
      request: {},
      inputs: new Map(),
      bucket,
      attempt: '00000000',
      signal: new AbortController().signal,
      onProgress() {},
    }),
});
