import { z } from '@millrace/shared/npm/zod';
import type { FastifyInstance } from 'fastify';

import { SESSION_COOKIE } from '../access/gate.ts';
import { queuesTopic, runsTopic, runTopic, workersTopic } from '../live/topics.ts';
import type { Topic } from '../live/event-hub.ts';
import type { DashboardTools } from '../tools.ts';
import { refuse } from './errors.ts';
import { parse, runId } from './input.ts';

const NAMES = ['runs', 'workers', 'queues'] as const;

const eventsQuery = z.object({
  topics: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(NAMES))),
  run: runId.optional(),
});

export function addEventRoute(app: FastifyInstance, tools: DashboardTools): void {
  const { events, gate, runs } = tools;
  const known: Readonly<Record<(typeof NAMES)[number], () => Topic>> = {
    runs: () => runsTopic(tools.list),
    workers: () => workersTopic(tools.workers),
    queues: () => queuesTopic(tools.queues),
  };
  app.get('/api/events', async (request, reply) => {
    const { topics, run } = parse(eventsQuery, request.query);
    // First, because it says what is wrong with a run that does not exist.
    if (run !== undefined) await runs.look(run);
    const wanted = new Map<string, () => Topic>(topics.map((name) => [name, known[name]]));
    if (run !== undefined) wanted.set(`run:${run}`, () => runTopic(runs, run));
    const cookie = request.cookies[SESSION_COOKIE];
    const isWelcome = () => gate.visitor(cookie, request.headers.authorization) !== null;
    if (!events.hasRoom())
      return refuse(reply, 503, 'unavailable', 'Too many pages are open.', 'Close some of them.');
    reply.hijack();
    const headers = {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    };
    reply.raw.writeHead(200, headers as Record<string, string>);
    reply.raw.write('retry: 2000\n\n');
    events.join(reply.raw, wanted, isWelcome);
  });
}
