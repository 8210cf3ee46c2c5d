import type { IncomingMessage } from 'node:http';

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type RouteOptions } from 'fastify';

import { guard } from './access/guard.ts';
import { LOGIN_STYLE_HASH } from './access/login-page.ts';
import { SESSION_COOKIE, type Gate } from './access/gate.ts';
import { addBoards, boardPath } from './routes/board.ts';
import { addChangeRoutes } from './routes/changes.ts';
import { addCheckRoutes } from './routes/checks.ts';
import { addEventRoute } from './routes/events.ts';
import { answerErrors } from './routes/errors.ts';
import { addMetricsRoutes } from './routes/metrics.ts';
import { addPageRoutes } from './routes/page.ts';
import { addPipelineRoutes } from './routes/pipelines.ts';
import { addRejectRoute } from './routes/rejects.ts';
import { addRunRoutes } from './routes/runs.ts';
import { addSessionRoutes } from './routes/session.ts';
import { addTableRoutes } from './routes/tables.ts';
import { addWorkerRoutes } from './routes/workers.ts';
import type { DashboardTools } from './tools.ts';

const BODY_MAX_BYTES = 64 * 1024;
/** Of a whole request as it arrives; answers, and events above all, may take longer. */
const REQUEST_MAX_MS = 15_000;
const MAX_CONNECTIONS = 250;

/**
 * The whole server, listening nowhere yet.
 * @param onRoute is told of each route, for tests that walk them all
 */
export async function buildApp(
  tools: DashboardTools,
  onRoute: (route: RouteOptions) => void = () => undefined,
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    rewriteUrl: (request) => rewrite(app, request, tools.gate),
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_MAX_MS,
    connectionTimeout: 0,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 2000 },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRoute', onRoute);
  answerErrors(app, tools.logger);
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", LOGIN_STYLE_HASH],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // It is served over plain HTTP; who puts TLS before it sets this there.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    // Not `no-referrer`: with it browsers send the form of the login as of origin `null`, which is no origin to trust.
    referrerPolicy: { policy: 'same-origin' },
  });
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  guard(app, tools.gate);
  app.addHook('onSend', async (_request, reply) => {
    // Answers hold data; files of the page have names of their own content.
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  });
  addSessionRoutes(app, tools);
  addRunRoutes(app, tools);
  addRejectRoute(app, tools);
  addCheckRoutes(app, tools);
  addPipelineRoutes(app, tools);
  addTableRoutes(app, tools);
  addWorkerRoutes(app, tools);
  addChangeRoutes(app, tools);
  addEventRoute(app, tools);
  addMetricsRoutes(app, tools);
  await addBoards(app, tools);
  await addPageRoutes(app);
  return app;
}

/** Nobody reaches the boards but by their one address, where who asks decides which of them answers. */
function rewrite(app: FastifyInstance, { url = '/', headers }: IncomingMessage, gate: Gate): string {
  if (url.startsWith('/.board')) return '/.nothing';
  const session = app.parseCookie(headers.cookie ?? '')[SESSION_COOKIE];
  const role = gate.visitor(session, headers.authorization)?.role ?? 'viewer';
  return boardPath(url, role) ?? url;
}
