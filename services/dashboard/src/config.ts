import { readFileSync } from 'node:fs';

import { fail } from '@millrace/shared/core/errors';
import { z } from '@millrace/shared/npm/zod';

const MIN_PASSWORD = 8;
const MIN_TOKEN = 24;

/** What the dashboard alone reads from its environment. Each secret may stand in a file instead, named by `<NAME>_FILE`. */
const settings = z.object({
  /** Address to listen on. Beyond loopback a password or token is required. */
  MILLRACE_DASHBOARD_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. Without it: 4700, or a free one where that is taken. */
  MILLRACE_DASHBOARD_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** For those who may start, cancel, retry and pause. */
  MILLRACE_DASHBOARD_PASSWORD: z.string().min(MIN_PASSWORD, tooShort(MIN_PASSWORD)).optional(),
  /** For those who may only look. */
  MILLRACE_DASHBOARD_VIEWER_PASSWORD: z.string().min(MIN_PASSWORD, tooShort(MIN_PASSWORD)).optional(),
  /** `Authorization: Bearer …` for programs that look, such as Prometheus. */
  MILLRACE_DASHBOARD_TOKEN: z
    .string()
    .min(MIN_TOKEN, tooShort(MIN_TOKEN))
    .regex(/^\S+$/, 'it has spaces, which a header cannot carry')
    .optional(),
  /** `yes` listens beyond loopback without a password, where something else keeps others out: a port published on 127.0.0.1. */
  MILLRACE_DASHBOARD_OPEN: z.enum(['yes', 'no']).default('no'),
});

const SECRETS = [
  'MILLRACE_DASHBOARD_PASSWORD',
  'MILLRACE_DASHBOARD_VIEWER_PASSWORD',
  'MILLRACE_DASHBOARD_TOKEN',
] as const;

export interface DashboardConfig {
  readonly host: string;
  /** Null: the usual one, or a free one where that is taken. */
  readonly port: number | null;
  readonly operatorPassword: string | null;
  readonly viewerPassword: string | null;
  readonly token: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @throws `config_invalid`, which never shows a secret; also where everybody who reaches this machine could start and cancel
 * runs without a password
 */
export function readDashboardConfig(environment: Environment = process.env): DashboardConfig {
  const secrets = Object.fromEntries(SECRETS.map((name) => [name, readSecret(environment, name)]));
  const parsed = settings.safeParse({ ...environment, ...secrets });
  if (!parsed.success) throw invalid(environment, parsed.error.issues[0]);
  const values = parsed.data;
  const config: DashboardConfig = Object.freeze({
    host: values.MILLRACE_DASHBOARD_HOST,
    port: values.MILLRACE_DASHBOARD_PORT ?? null,
    operatorPassword: values.MILLRACE_DASHBOARD_PASSWORD ?? null,
    viewerPassword: values.MILLRACE_DASHBOARD_VIEWER_PASSWORD ?? null,
    token: values.MILLRACE_DASHBOARD_TOKEN ?? null,
  });
  requireLock(config, values.MILLRACE_DASHBOARD_OPEN === 'yes');
  return config;
}

/** Whether anything has to be known to get in. */
export function isLocked({ operatorPassword, viewerPassword, token }: DashboardConfig): boolean {
  return operatorPassword !== null || viewerPassword !== null || token !== null;
}

function requireLock(config: DashboardConfig, isOpen: boolean): void {
  if (isLoopback(config.host) || isLocked(config) || isOpen) return;
  throw fail('config_invalid', {
    message: `The dashboard would listen on ${config.host} without a password: whoever reaches this machine could see data, and start and cancel runs.`,
    where: `MILLRACE_DASHBOARD_HOST=${config.host}`,
    hint: 'Set MILLRACE_DASHBOARD_PASSWORD_FILE (or …_PASSWORD), or listen on 127.0.0.1. Where something else keeps others out, such as a port published on 127.0.0.1 only, set MILLRACE_DASHBOARD_OPEN=yes.',
  });
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function readSecret(environment: Environment, name: string): string | undefined {
  const file = environment[`${name}_FILE`] ?? '';
  // An empty variable is how compose files pass on one that is not set.
  const value = environment[name] === '' ? undefined : environment[name];
  if (file === '') return value;
  if (value !== undefined) throw unusable(name, file, `${name} is set as well`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw unusable(name, file, error instanceof Error ? error.message : String(error));
  }
}

function unusable(name: string, file: string, why: string): Error {
  return fail('config_invalid', {
    message: `${name}_FILE=${file} cannot be used: ${why}.`,
    hint: 'It names a file that holds the secret and nothing else, and that this user can read.',
  });
}

function invalid(environment: Environment, issue: z.core.$ZodIssue | undefined): Error {
  const name = String(issue?.path[0] ?? 'environment');
  const isSecret = SECRETS.some((secret) => secret === name);
  const shown = isSecret ? name : `${name}=${environment[name] ?? ''}`;
  return fail('config_invalid', {
    message: `${shown} cannot be used: ${issue?.message ?? 'invalid'}.`,
    hint: 'Settings and their units are listed in docs/settings.md.',
  });
}

function tooShort(least: number): string {
  return `it has fewer than ${least} characters`;
}
