import { createRegistry, measureQueues } from '@millrace/shared/runtime/metrics';
import type { FastifyInstance } from 'fastify';

import type { DashboardTools } from '../tools.ts';

/** For Prometheus and for supervisors. What these learn without a password is whether the process lives. */
export function addMetricsRoutes(app: FastifyInstance, { queue, redis }: DashboardTools): void {
  const registry = createRegistry('dashboard');
  measureQueues(registry, queue);
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  app.get('/health', { config: { isPublic: true } }, () => ({ healthy: true }));
  app.get('/ready', { config: { isPublic: true } }, (_request, reply) => {
    const ready = redis.status === 'ready';
    return reply.code(ready ? 200 : 503).send({ ready });
  });
}
