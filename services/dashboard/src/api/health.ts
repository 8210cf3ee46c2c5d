/** GET /api/health — as `millrace doctor --json`. */
export interface HealthPage {
  readonly checks: readonly HealthCheck[];
  readonly version: string;
  readonly home: string;
}

export interface HealthCheck {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly hint: string | null;
}
