import { randomBytes } from 'node:crypto';

import type { Role } from '../api/session.ts';
import { digest } from './password.ts';

/** Who has logged in. Kept in memory: a restart of the dashboard logs everybody out. */
export interface LoginSession {
  readonly role: Role;
  readonly csrfToken: string;
}

const LIFETIME_MS = 12 * 60 * 60 * 1000;
/** The oldest go first; nobody but who knows a password can fill this. */
const MAX_SESSIONS = 1000;

export interface Sessions {
  /** @returns the cookie's value */
  start(role: Role): string;
  find(cookie: string | undefined): LoginSession | null;
  end(cookie: string | undefined): void;
}

export function createSessions(now: () => number = Date.now): Sessions {
  /** By digest, so that a look at memory or a slow comparison tells nobody a cookie. */
  const sessions = new Map<string, LoginSession & { readonly endsAt: number }>();
  const keyOf = (cookie: string) => digest(cookie).toString('base64');
  return {
    start(role) {
      const cookie = newSecret();
      sessions.set(keyOf(cookie), { role, csrfToken: newSecret(), endsAt: now() + LIFETIME_MS });
      for (const key of [...sessions.keys()].slice(0, sessions.size - MAX_SESSIONS)) sessions.delete(key);
      return cookie;
    },
    find(cookie) {
      if (cookie === undefined) return null;
      const key = keyOf(cookie);
      const session = sessions.get(key);
      if (session === undefined) return null;
      if (session.endsAt > now()) return session;
      sessions.delete(key);
      return null;
    },
    end(cookie) {
      if (cookie !== undefined) sessions.delete(keyOf(cookie));
    },
  };
}

/** 256 bits, fit for cookies and headers. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
