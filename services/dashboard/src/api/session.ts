/** A viewer looks; an operator also starts, cancels, retries, pauses. */
export type Role = 'viewer' | 'operator';

/**
 * GET /api/session. The page with the password field is the server's own and needs no script: where a login is required,
 * static files need a session as everything does. The page reloads itself at a 401, and has a button to log out.
 */
export interface Session {
  /** False where the dashboard has no password: then everybody who reaches it is an operator. */
  readonly login_required: boolean;
  readonly role: Role;
  /** To be sent as the header `x-csrf-token` of every POST. */
  readonly csrf_token: string;
  /** Version of millrace. */
  readonly version: string;
}

/** Body of every answer that is not 2xx. POST /api/logout answers 204. */
export interface ApiError {
  /** One of docs/errors.md, or `unauthorized` (401), `forbidden` (403), `not_found` (404), `too_many_requests` (429). */
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  /** What to do next. */
  readonly hint: string | null;
}
