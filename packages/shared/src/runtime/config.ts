import path from 'node:path';

import { isEventUrl } from '../adapters/event-target.ts';
import { fail } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { z } from '../npm/zod.ts';
import { readRedisUrl } from './redis-url.ts';
import { readTraceTarget, type TraceTarget } from './trace-target.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** What a timer of Node can wait; with more it would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const durationMs = (minimum: number) => z.coerce.number().int().min(minimum).max(TIMER_MAX_MS);

/** What every process of millrace reads from its environment, with defaults. Parsed once, in `main.ts`, and frozen. */
const settings = z.object({
  /** redis://, rediss:// or unix:///path of the Redis that carries the queues. */
  REDIS_URL: z.string().optional(),
  /** File that holds the password of `REDIS_URL`. */
  REDIS_PASSWORD_FILE: z.string().optional(),
  /** Folder of everything millrace keeps on this machine: bucket, Redis data, logs. */
  MILLRACE_HOME: z.string().min(1).default('.millrace'),
  /** Folder of the bucket; by default `bucket` in the home. */
  MILLRACE_BUCKET: z.string().min(1).optional(),
  /** Where destinations with a relative path are, below the name of their pipeline; by default in its folder. */
  MILLRACE_DESTINATIONS: z.string().min(1).optional(),
  /** Prefix of all queue keys. The braces keep them on one node of a Redis cluster. */
  MILLRACE_QUEUE_PREFIX: z.string().min(1).default('{millrace}'),
  MILLRACE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Address of the health endpoint. Loopback unless told otherwise. */
  MILLRACE_HEALTH_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  MILLRACE_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Memory that DuckDB may use in one task, in MiB. */
  MILLRACE_MEMORY_MB: z.coerce.number().int().min(64).default(512),
  /** Threads that DuckDB may use in one task. */
  MILLRACE_THREADS: z.coerce.number().int().min(1).max(256).default(2),
  /** Where models spill what does not fit into memory; by default `spill` in the home. */
  MILLRACE_SPILL_DIR: z.string().min(1).optional(),
  /** A model that runs longer is ended. */
  MILLRACE_MODEL_TIMEOUT_MS: durationMs(100).default(60 * MINUTE),
  /** An attempt to read a partition, or to load, that runs longer is ended. */
  MILLRACE_TASK_TIMEOUT_MS: durationMs(100).default(60 * MINUTE),
  /** MiB of older runs that are stored and not published, from which on reading waits; 0 for no limit. */
  MILLRACE_OUTSTANDING_MB: z.coerce.number().int().min(0).default(10_240),
  /** MiB of free disk space below which nothing more is read; 0 for no limit. */
  MILLRACE_MIN_FREE_MB: z.coerce.number().int().min(0).default(512),
  /** How long a process may finish its task after SIGTERM before it hands it back. */
  MILLRACE_SHUTDOWN_TIMEOUT_MS: durationMs(0).default(8 * SECOND),
  /** How often unfinished runs are looked at for lost jobs. */
  MILLRACE_RECONCILE_EVERY_MS: durationMs(100).default(5 * SECOND),
  /** `no` makes `run --wait` rely on the workers behind `REDIS_URL`, however few there are, and never start its own. */
  MILLRACE_START_WORKERS: z.enum(['yes', 'no']).default('yes'),
  /** Where OpenLineage events go: a file that gets a line for each, or an http(s) URL. Without it, none are made. */
  MILLRACE_EVENTS: z
    .string()
    .min(1)
    .refine(isFileOrHttp, 'expected a file, or http://… or https://…')
    .optional(),
  /** http(s) URL that is told when a run failed, and when the next one recovered. */
  MILLRACE_WEBHOOK: z.string().refine(isHttp, 'expected http://… or https://…').optional(),
  /** How many times a task is tried while something that it needs is away or full, before its run fails. */
  MILLRACE_OUTAGE_ATTEMPTS: z.coerce.number().int().min(1).max(100_000).default(100),
  /** How many times a task is tried before its run fails. */
  MILLRACE_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(5),
});

/** Settings that are read elsewhere: by the CLI or the dashboard alone. */
const OTHER_SETTINGS = [
  'MILLRACE_COMMAND',
  'MILLRACE_DASHBOARD_HOST',
  'MILLRACE_DASHBOARD_OPEN',
  'MILLRACE_DASHBOARD_PASSWORD',
  'MILLRACE_DASHBOARD_PASSWORD_FILE',
  'MILLRACE_DASHBOARD_PORT',
  'MILLRACE_DASHBOARD_TOKEN',
  'MILLRACE_DASHBOARD_TOKEN_FILE',
  'MILLRACE_DASHBOARD_VIEWER_PASSWORD',
  'MILLRACE_DASHBOARD_VIEWER_PASSWORD_FILE',
  'MILLRACE_DEBUG',
];
/** URLs that may hold a password or token, so that they are not repeated in messages. */
const SECRET = ['MILLRACE_EVENTS', 'MILLRACE_WEBHOOK'];
const KNOWN_SETTINGS = [...Object.keys(settings.shape), ...OTHER_SETTINGS];

/** With less than this, memory is worth more than speed. */
export const LITTLE_MEMORY_BYTES = 256 * 1024 * 1024;

export interface Config {
  readonly redisUrl: string | null;
  readonly home: string;
  readonly bucket: string;
  /** Null for the folders of the pipelines themselves. */
  readonly destinations: string | null;
  readonly queuePrefix: string;
  readonly logLevel: z.infer<typeof settings>['MILLRACE_LOG_LEVEL'];
  readonly healthHost: string;
  readonly healthPort: number;
  readonly memoryLimitBytes: number;
  readonly threads: number;
  readonly spillDir: string;
  readonly modelTimeoutMs: number;
  readonly taskTimeoutMs: number;
  /** 0 for no limit; so is that of `minFreeBytes`. */
  readonly outstandingBytes: number;
  readonly minFreeBytes: number;
  readonly shutdownTimeoutMs: number;
  readonly reconcileEveryMs: number;
  readonly startWorkers: boolean;
  /** Null: nobody wants events; so are the next two. */
  readonly eventsTo: string | null;
  readonly webhookUrl: string | null;
  /** By OpenTelemetry's own variables. */
  readonly tracesTo: TraceTarget | null;
  readonly attempts: number;
  readonly outageAttempts: number;
}

/** Throws `config_invalid` naming the variable, its value and what is allowed, or the setting that was misspelt. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  refuseMisspelt(environment);
  const parsed = settings.safeParse(environment);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? 'environment');
    throw fail('config_invalid', {
      message: `${SECRET.includes(name) ? name : `${name}=${environment[name] ?? ''}`} cannot be used: ${issue?.message ?? 'invalid'}.`,
      hint: 'Settings and their units are listed in docs/settings.md.',
    });
  }
  const values = parsed.data;
  const home = path.resolve(values.MILLRACE_HOME);
  return Object.freeze({
    redisUrl: readRedisUrl(environment),
    home,
    bucket: path.resolve(values.MILLRACE_BUCKET ?? path.join(home, 'bucket')),
    destinations:
      values.MILLRACE_DESTINATIONS === undefined ? null : path.resolve(values.MILLRACE_DESTINATIONS),
    queuePrefix: values.MILLRACE_QUEUE_PREFIX,
    logLevel: values.MILLRACE_LOG_LEVEL,
    healthHost: values.MILLRACE_HEALTH_HOST,
    healthPort: values.MILLRACE_HEALTH_PORT,
    memoryLimitBytes: values.MILLRACE_MEMORY_MB * 1024 * 1024,
    threads: values.MILLRACE_THREADS,
    spillDir: path.resolve(values.MILLRACE_SPILL_DIR ?? path.join(home, 'spill')),
    modelTimeoutMs: values.MILLRACE_MODEL_TIMEOUT_MS,
    taskTimeoutMs: values.MILLRACE_TASK_TIMEOUT_MS,
    outstandingBytes: values.MILLRACE_OUTSTANDING_MB * 1024 * 1024,
    minFreeBytes: values.MILLRACE_MIN_FREE_MB * 1024 * 1024,
    shutdownTimeoutMs: values.MILLRACE_SHUTDOWN_TIMEOUT_MS,
    reconcileEveryMs: values.MILLRACE_RECONCILE_EVERY_MS,
    startWorkers: values.MILLRACE_START_WORKERS === 'yes',
    eventsTo: fileOrUrl(values.MILLRACE_EVENTS),
    webhookUrl: values.MILLRACE_WEBHOOK ?? null,
    tracesTo: readTraceTarget(environment),
    attempts: values.MILLRACE_ATTEMPTS,
    outageAttempts: values.MILLRACE_OUTAGE_ATTEMPTS,
  });
}

function isHttp(text: string): boolean {
  return isEventUrl(text) && URL.canParse(text);
}

/** A scheme that nobody serves here would become a file of that name. */
function isFileOrHttp(text: string): boolean {
  return isHttp(text) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function fileOrUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  return isEventUrl(text) ? text : path.resolve(text);
}

/** Variables that look like settings of millrace and are none. */
export function unknownSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  return Object.keys(environment).filter(
    (name) => name.startsWith('MILLRACE_') && !KNOWN_SETTINGS.includes(name),
  );
}

/**
 * A setting that is misspelt would silently have no effect. Other unknown names pass: Kubernetes and Docker set
 * variables such as MILLRACE_REDIS_PORT_6379_TCP by themselves, named after a service.
 */
function refuseMisspelt(environment: Readonly<Record<string, string | undefined>>): void {
  const stem = (name: string) => name.replace('MILLRACE_', '');
  for (const name of unknownSettings(environment)) {
    const nearest = nearestName(stem(name), KNOWN_SETTINGS.map(stem));
    if (nearest === null) continue;
    const meant = KNOWN_SETTINGS.find((known) => stem(known) === nearest);
    throw fail('config_invalid', {
      message: `${name} is not a setting. Did you mean ${meant ?? nearest}?`,
      hint: 'Settings and their units are listed in docs/settings.md.',
    });
  }
}
