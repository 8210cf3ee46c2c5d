import { REJECT_REASONS } from '@millrace/shared/core/reject';
import { z } from '@millrace/shared/npm/zod';
import type { FastifyInstance } from 'fastify';

import type { RejectsPage } from '../api/reject.ts';
import { readRejects } from '../read-rejects.ts';
import type { DashboardTools } from '../tools.ts';
import { limit, parse, runId } from './input.ts';

const runParams = z.object({ run: runId });
const rejectsQuery = z.object({
  reason: z.enum(REJECT_REASONS).optional(),
  source: z.string().max(200).optional(),
  limit: limit(50, 200),
});

export function addRejectRoute(app: FastifyInstance, tools: DashboardTools): void {
  app.get('/api/runs/:run/rejects', async (request): Promise<RejectsPage> => {
    const { run } = parse(runParams, request.params);
    const { state } = await tools.runs.look(run);
    return readRejects(tools, state, parse(rejectsQuery, request.query));
  });
}
