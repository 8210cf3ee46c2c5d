import type { ApiError, Session } from '../../../src/api/session.ts';

/** An answer of the server that is not 2xx, or that it could not be reached (`status` 0). */
export class ApiFailure extends Error {
  readonly status: number;
  readonly problem: ApiError;

  constructor(status: number, problem: ApiError) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

let csrfToken: string | null = null;

/** The session of this browser; remembers the token that changes need. */
export async function readSession(): Promise<Session> {
  const session = await get<Session>('/api/session');
  csrfToken = session.csrf_token;
  return session;
}

/** @throws ApiFailure */
export function get<T>(path: string, signal: AbortSignal | null = null): Promise<T> {
  return ask<T>(path, { signal });
}

/** @throws ApiFailure */
export function post<T>(path: string, body: object = {}): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (csrfToken !== null) headers['x-csrf-token'] = csrfToken;
  return ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(path, { ...init, credentials: 'same-origin' }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiFailure(0, UNREACHABLE);
  });
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await response.json()) as T;
  const problem = await response.json().then(
    (body: unknown) => body as ApiError,
    () => ({ ...UNREACHABLE, message: `The server answered ${response.status} ${response.statusText}.` }),
  );
  // The server's own page then asks for the password, at the same address.
  if (response.status === 401) location.reload();
  throw new ApiFailure(response.status, problem);
}

const UNREACHABLE: ApiError = {
  code: 'dashboard_unreachable',
  message: 'The dashboard does not answer.',
  where: null,
  hint: 'Runs go on without it. Look whether it still runs: millrace workers, or docker compose ps.',
};
