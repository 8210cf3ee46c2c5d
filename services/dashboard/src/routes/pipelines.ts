import { z } from '@millrace/shared/npm/zod';
import { listDeployed } from '@millrace/shared/runtime/schedules';
import type { FastifyInstance } from 'fastify';

import type { PipelineDetail, PipelinesPage, PipelineSummary } from '../api/pipeline.ts';
import { readPipeline, summarizePipeline } from '../read-pipeline.ts';
import type { DashboardTools } from '../tools.ts';
import { parse, pipelineName } from './input.ts';

const pipelineParams = z.object({ name: pipelineName });

export function addPipelineRoutes(app: FastifyInstance, tools: DashboardTools): void {
  app.get('/api/pipelines', async (): Promise<PipelinesPage> => {
    const pipelines: PipelineSummary[] = [];
    // One after another: each may read many runs the first time.
    for (const name of await listDeployed(tools.bucket)) pipelines.push(await summarizePipeline(tools, name));
    return { pipelines };
  });

  app.get('/api/pipelines/:name', (request): Promise<PipelineDetail> => {
    const { name } = parse(pipelineParams, request.params);
    return readPipeline(tools, name);
  });
}
