import type { FastifyRequest } from 'fastify';

import type { Role } from '../api/session.ts';
import { isLocked, isLoopback, type DashboardConfig } from '../config.ts';
import { equalSecrets, hashPassword } from './password.ts';
import { createSessions, newSecret } from './sessions.ts';

export const SESSION_COOKIE = 'millrace_session';

/** Who asks, as far as this request proves it. */
export interface Visitor {
  readonly role: Role;
  /** What changes must carry; null for programs, which come without a cookie that a browser could be tricked to send. */
  readonly csrfToken: string | null;
}

export interface Gate {
  readonly isLocked: boolean;
  visitor(cookie: string | undefined, authorization: string | undefined): Visitor | null;
  /** Null for a wrong password. @returns the session's cookie */
  login(password: string): Promise<string | null>;
  logout(cookie: string | undefined): void;
}

export async function createGate(config: DashboardConfig): Promise<Gate> {
  const sessions = createSessions();
  const passwords = await Promise.all(
    (
      [
        ['operator', config.operatorPassword],
        ['viewer', config.viewerPassword],
      ] as const
    ).flatMap(([role, password]) =>
      password === null ? [] : [hashPassword(password).then((hashed) => ({ role, hashed }))],
    ),
  );
  const nobody: Visitor = { role: 'operator', csrfToken: newSecret() };
  const locked = isLocked(config);
  return {
    isLocked: locked,
    visitor(cookie, authorization) {
      if (!locked) return nobody;
      const bearer = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
      if (bearer !== undefined && config.token !== null && equalSecrets(bearer, config.token))
        return { role: 'viewer', csrfToken: null };
      return sessions.find(cookie);
    },
    async login(password) {
      // All of them, so that the time tells nothing of which exist or matched.
      const matches = await Promise.all(passwords.map(({ hashed }) => hashed.matches(password)));
      const role = passwords.find((_, index) => matches[index] === true)?.role;
      return role === undefined ? null : sessions.start(role);
    },
    logout: (cookie) => sessions.end(cookie),
  };
}

/**
 * Without a password a browser is the danger: any page that it shows may send requests here, and with a name that leads to
 * this machine (DNS rebinding) even read the answers. So the name that was asked for must be one of this machine.
 */
export function isForeignHost(request: Pick<FastifyRequest, 'hostname'>, gate: Gate): boolean {
  return !gate.isLocked && !isLoopback(request.hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** Whether a change was asked for by a page of another origin. Programs that are no browsers send neither header. */
export function isCrossSite({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return true;
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
