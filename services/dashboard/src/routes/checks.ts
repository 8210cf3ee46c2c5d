import { countChecks, reportChecks } from '@millrace/shared/core/report/check-report';
import { z } from '@millrace/shared/npm/zod';
import type { FastifyInstance } from 'fastify';

import type { CheckRowsPage, ChecksPage } from '../api/check.ts';
import { readFailingRows } from '../read-failing-rows.ts';
import type { DashboardTools } from '../tools.ts';
import { limit, parse, runId } from './input.ts';

const runParams = z.object({ run: runId });
const checkParams = z.object({ run: runId, check: z.string().max(1000) });
const rowsQuery = z.object({ limit: limit(100, 1000) });

export function addCheckRoutes(app: FastifyInstance, tools: DashboardTools): void {
  app.get('/api/runs/:run/checks', async (request): Promise<ChecksPage> => {
    const { run } = parse(runParams, request.params);
    const { state } = await tools.runs.look(run);
    const checks = reportChecks(state);
    return { run, counts: countChecks(checks), checks };
  });

  app.get('/api/runs/:run/checks/:check/rows', async (request): Promise<CheckRowsPage> => {
    const { run, check } = parse(checkParams, request.params);
    const { state } = await tools.runs.look(run);
    return readFailingRows(tools, state, check, parse(rowsQuery, request.query).limit);
  });
}
