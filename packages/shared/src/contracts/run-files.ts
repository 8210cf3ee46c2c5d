import type { RunDecision } from '../core/decision.ts';
import { ERROR_KINDS, type ErrorCode } from '../core/errors.ts';
import type { RejectReport } from '../core/reject-report.ts';
import { REJECT_REASONS } from '../core/reject.ts';
import type { RunRetry } from '../core/retry.ts';
import type { RunFailure, RunRequest } from '../core/run.ts';
import { z } from '../npm/zod.ts';
import { metDrift } from './drift-v1.ts';
import { readJson } from './read-json.ts';
import { replayRequest } from './replay-request.ts';

const requestV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  pipeline: z.string(),
  bundle: z.string(),
  requestedAt: z.string(),
  trigger: z.enum(['cli', 'demo', 'schedule', 'dashboard']),
  key: z.string().nullable(),
  replay: replayRequest.nullable().default(null),
  full: z.boolean().default(false),
}) satisfies z.ZodType<RunRequest>;

const count = z.number().int().min(0);
const sourceRejects = { source: z.string(), seen: count, rejected: count };

const rejectReport = z.strictObject({
  seen: count,
  rejected: count,
  byReason: z.array(z.strictObject({ reason: z.enum(REJECT_REASONS), records: count })),
  sources: z.array(z.strictObject(sourceRejects)),
  files: z.array(z.strictObject({ ...sourceRejects, file: z.string() })),
  filesWithRejects: count,
  examples: z.array(
    z.strictObject({
      reason: z.enum(REJECT_REASONS),
      source: z.string(),
      file: z.string(),
      line: count.nullable(),
      recordNumber: count,
      byteOffset: count.nullable(),
      message: z.string(),
    }),
  ),
}) satisfies z.ZodType<RejectReport>;

const failureV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  round: z.number().int().min(1).default(1),
  task: z.string().nullable(),
  error: z.strictObject({
    code: z.custom<ErrorCode>(
      (code) => typeof code === 'string' && code in ERROR_KINDS,
      'not a known error code',
    ),
    message: z.string(),
    where: z.string().nullable(),
    hint: z.string().nullable(),
    rejects: rejectReport.optional(),
    drift: z.array(metDrift).optional(),
  }),
  attempts: z.number().int(),
  worker: z.string(),
  failedAt: z.string(),
}) satisfies z.ZodType<RunFailure>;

const decisionV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  decision: z.enum(['publish', 'cancel']),
  by: z.string(),
  decidedAt: z.string(),
}) satisfies z.ZodType<RunDecision>;

const retryV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  round: z.number().int().min(2),
  by: z.string(),
  retriedAt: z.string(),
}) satisfies z.ZodType<RunRetry>;

/** Reads `runs/<run>/request.json`, and the claims of run keys and replays, which hold the same. */
export function readRequest(content: Uint8Array, key: string): RunRequest {
  return readJson(requestV1, 1, content, key);
}

/** Reads `runs/<run>/failure.json`, and those of later rounds. */
export function readFailure(content: Uint8Array, key: string): RunFailure {
  return readJson(failureV1, 1, content, key);
}

/** Reads `runs/<run>/decision.json`. */
export function readDecision(content: Uint8Array, key: string): RunDecision {
  return readJson(decisionV1, 1, content, key);
}

/** Reads `runs/<run>/retries/<n>.json`. */
export function readRetry(content: Uint8Array, key: string): RunRetry {
  return readJson(retryV1, 1, content, key);
}
