import { RUN_STATUSES } from '@millrace/shared/core/status';
import { z } from '@millrace/shared/npm/zod';
import type { FastifyInstance } from 'fastify';

import type { RunDetail, RunsPage } from '../api/run.ts';
import type { TasksPage } from '../api/task.ts';
import type { DashboardTools } from '../tools.ts';
import { describeRun } from '../describe-run.ts';
import { lookUpJobs } from '../look-up-jobs.ts';
import { knownPipelines } from '../known-pipelines.ts';
import { limit, parse, pipelineName, runId, several } from './input.ts';

const runsQuery = z.object({
  pipeline: pipelineName.optional(),
  status: several(z.enum(RUN_STATUSES)),
  since: z.iso.datetime().optional(),
  before: runId.optional(),
  limit: limit(50, 200),
});
const runParams = z.object({ run: runId });
const tasksQuery = z.object({ since: z.coerce.number().int().min(0).optional() });

export function addRunRoutes(app: FastifyInstance, tools: DashboardTools): void {
  app.get('/api/runs', async (request): Promise<RunsPage> => {
    const { status, ...filter } = parse(runsQuery, request.query);
    const { runs, nextBefore } = await tools.list.find({ ...filter, statuses: status });
    return { runs, next_before: nextBefore, pipelines: await knownPipelines(tools, runs) };
  });

  app.get('/api/runs/:run', async (request): Promise<RunDetail> => {
    const { run } = parse(runParams, request.params);
    return describeRun(tools, await tools.runs.look(run));
  });

  app.get('/api/runs/:run/tasks', async (request): Promise<TasksPage> => {
    const { run } = parse(runParams, request.params);
    const { since } = parse(tasksQuery, request.query);
    const { state, tasks } = await tools.runs.look(run);
    await lookUpJobs(tools, state, tasks, since ?? 0);
    const changed = tasks.since(since ?? 0);
    return {
      run,
      version: tasks.version(),
      complete: since === undefined,
      tasks_total: state.plan?.tasks.length ?? 0,
      tasks: changed,
    };
  });
}
