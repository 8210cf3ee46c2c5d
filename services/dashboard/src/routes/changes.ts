import { z } from '@millrace/shared/npm/zod';
import { setPause } from '@millrace/shared/runtime/pause';
import type { FastifyInstance } from 'fastify';

import type { PauseChanged } from '../api/pipeline.ts';
import type { RunChanged } from '../api/run.ts';
import { cancel, requestByName, resume, retry } from '../change-run.ts';
import { requirePipeline } from '../read-pipeline.ts';
import type { DashboardTools } from '../tools.ts';
import { parse, pipelineName, runId } from './input.ts';

const runParams = z.object({ run: runId });
const pipelineParams = z.object({ name: pipelineName });
const pauseBody = z.strictObject({ reason: z.string().max(500).optional() });
const runBody = z.strictObject({ full: z.boolean().default(false) });

/** All that the dashboard changes, by the use cases of the CLI. */
export function addChangeRoutes(app: FastifyInstance, tools: DashboardTools): void {
  const onRun = { cancel, retry, resume };
  for (const [name, change] of Object.entries(onRun)) {
    app.post(`/api/runs/:run/${name}`, async (request): Promise<RunChanged> => {
      const { run } = parse(runParams, request.params);
      const changed = await change(tools, run);
      tools.list.expire(run);
      return changed;
    });
  }

  app.post('/api/pipelines/:name/run', async (request): Promise<RunChanged> => {
    const { name } = parse(pipelineParams, request.params);
    return requestByName(tools, name, parse(runBody, request.body).full);
  });

  for (const paused of [true, false]) {
    app.post(
      `/api/pipelines/:name/${paused ? 'pause' : 'unpause'}`,
      async (request): Promise<PauseChanged> => {
        const { name } = parse(pipelineParams, request.params);
        const { reason = null } = parse(pauseBody, request.body);
        await requirePipeline(tools.bucket, name);
        const { changed } = await setPause(tools.bucket, name, { paused, by: tools.by, reason });
        return { pipeline: name, paused, changed };
      },
    );
  }
}
