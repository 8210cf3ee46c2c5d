import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { refuse } from '../routes/errors.ts';
import { isCrossSite, isForeignHost, SESSION_COOKIE, type Gate, type Visitor } from './gate.ts';
import { loginPage } from './login-page.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null only on routes that are open to everybody. */
    visitor: Visitor | null;
  }
  interface FastifyContextConfig {
    /** Open to everybody: what asks for the password, and what tells supervisors that the process lives. */
    isPublic?: boolean;
    /** Changes nothing but the visitor's own session. */
    isForViewers?: boolean;
    /** Changes by bull-board's own page, which knows no tokens. Its origin is looked at all the same. */
    hasNoToken?: boolean;
  }
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Looks at every request before anything else does, also at those for files and for what does not exist. */
export function guard(app: FastifyInstance, gate: Gate): void {
  app.decorateRequest('visitor', null);
  app.addHook('onRequest', async (request, reply) => {
    const { isPublic = false, isForViewers = false, hasNoToken = false } = request.routeOptions.config;
    if (isForeignHost(request, gate) && !isPublic) {
      return refuse(
        reply,
        403,
        'forbidden',
        'The dashboard was asked for by a name that is not of this machine.',
        'Open it as 127.0.0.1 or localhost; to reach it by another name, set a password.',
      );
    }
    request.visitor = gate.visitor(request.cookies[SESSION_COOKIE], request.headers.authorization);
    if (request.visitor === null && !isPublic) return askWhoItIs(request, reply);
    if (READING.has(request.method)) return;
    if (isCrossSite(request))
      return refuse(reply, 403, 'forbidden', 'A page of another origin asked for this.');
    if (isPublic) return;
    if (request.visitor?.role !== 'operator' && !isForViewers)
      return refuse(
        reply,
        403,
        'forbidden',
        'A viewer may look, and change nothing.',
        "Log in with the operators' password.",
      );
    if (!hasNoToken && !hasToken(request))
      return refuse(
        reply,
        403,
        'forbidden',
        'The header x-csrf-token is missing or old.',
        'Reload the page.',
      );
  });
}

function hasToken({ headers, visitor }: FastifyRequest): boolean {
  return visitor?.csrfToken !== null && headers['x-csrf-token'] === visitor?.csrfToken;
}

/** 401 in either form: a person who opens a page gets the field for the password with it. */
function askWhoItIs(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  if (wantsPage) return reply.code(401).type('text/html; charset=utf-8').send(loginPage(request.url, null));
  return refuse(
    reply,
    401,
    'unauthorized',
    'Log in first.',
    'Open the dashboard in a browser, or send a token.',
  );
}
