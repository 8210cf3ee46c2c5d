import type { FastifyInstance } from 'fastify';

import type { HealthPage } from '../api/health.ts';
import type { QueuesPage, WorkersPage } from '../api/worker.ts';
import { examine } from '../examine.ts';
import type { DashboardTools } from '../tools.ts';

export function addWorkerRoutes(app: FastifyInstance, tools: DashboardTools): void {
  app.get('/api/workers', (): Promise<WorkersPage> => tools.workers.page());
  app.get('/api/queues', (): Promise<QueuesPage> => tools.queues.look());
  app.get('/api/health', (): Promise<HealthPage> => examine(tools));
}
