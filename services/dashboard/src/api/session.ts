/** A viewer looks; an operator also starts, cancels, retries, pauses. */
export type Role = 'viewer' | 'operator';

/** GET /api/session: always answered, also to who is not logged in. */
export interface Session {
  /** False where the dashboard has no password: then everybody who reaches it is an operator. */
  readonly login_required: boolean;
  /** Null for who has to log in. */
  readonly role: Role | null;
  /** To be sent as the header `x-csrf-token` of every POST; null for who has to log in. */
  readonly csrf_token: string | null;
  /** Version of millrace. */
  readonly version: string;
}

/** POST /api/login; answers with the Session, or 401 (`login_failed`), or 429 (`too_many_attempts`). */
export interface LoginRequest {
  readonly password: string;
}

/** Body of every answer that is not 2xx. `code` is one of docs/errors.md. */
export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  /** What to do next. */
  readonly hint: string | null;
}
