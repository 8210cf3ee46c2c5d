import { z } from '@millrace/shared/npm/zod';
import { CODE_VERSION } from '@millrace/shared/runtime/version';
import type { FastifyInstance, FastifyReply } from 'fastify';

import { SESSION_COOKIE } from '../access/gate.ts';
import { localPath, loginPage } from '../access/login-page.ts';
import type { Session } from '../api/session.ts';
import type { DashboardTools } from '../tools.ts';
import { parse } from './input.ts';

/** Per address: a person mistypes a few times, and who guesses gets nowhere. */
const TRIES = 10;
const TRIES_WINDOW_MS = 5 * 60_000;
const LOGIN_MAX_BYTES = 8 * 1024;

const loginForm = z.object({ password: z.string().max(1000), next: z.string().max(2000).optional() });

export function addSessionRoutes(app: FastifyInstance, { gate, logger }: DashboardTools): void {
  app.get('/api/session', async (request): Promise<Session> => {
    const { role = 'viewer', csrfToken = null } = request.visitor ?? {};
    return { login_required: gate.isLocked, role, csrf_token: csrfToken ?? '', version: CODE_VERSION };
  });

  app.post(
    '/api/login',
    {
      bodyLimit: LOGIN_MAX_BYTES,
      config: {
        isPublic: true,
        rateLimit: { max: TRIES, timeWindow: TRIES_WINDOW_MS },
      },
    },
    async (request, reply) => {
      const { password, next } = parse(loginForm, request.body);
      const cookie = await gate.login(password);
      if (cookie === null) {
        logger.warn({ address: request.ip }, 'a login failed');
        return askAgain(reply, localPath(next));
      }
      return reply
        .setCookie(SESSION_COOKIE, cookie, {
          path: '/',
          httpOnly: true,
          sameSite: 'strict',
          secure: request.protocol === 'https',
        })
        .redirect(localPath(next), 303);
    },
  );

  app.post('/api/logout', { config: { isForViewers: true } }, async (request, reply) => {
    gate.logout(request.cookies[SESSION_COOKIE]);
    return reply.clearCookie(SESSION_COOKIE, { path: '/' }).code(204).send();
  });
}

function askAgain(reply: FastifyReply, next: string): FastifyReply {
  return reply
    .code(401)
    .type('text/html; charset=utf-8')
    .send(loginPage(next, 'This password is not right.'));
}
