import { z } from 'zod';

import { ERROR_KINDS, type ErrorCode } from '../core/errors.ts';
import type { RunFailure, RunRequest } from '../core/run.ts';
import { readJson } from './read-json.ts';

const requestV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  pipeline: z.string(),
  bundle: z.string(),
  requestedAt: z.string(),
  trigger: z.enum(['cli', 'demo']),
  key: z.string().nullable(),
}) satisfies z.ZodType<RunRequest>;

const failureV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  task: z.string().nullable(),
  error: z.strictObject({
    code: z.custom<ErrorCode>(
      (code) => typeof code === 'string' && code in ERROR_KINDS,
      'not a known error code',
    ),
    message: z.string(),
    where: z.string().nullable(),
    hint: z.string().nullable(),
  }),
  attempts: z.number().int(),
  worker: z.string(),
  failedAt: z.string(),
}) satisfies z.ZodType<RunFailure>;

/** Reads `runs/<run>/request.json`. */
export function readRequest(content: Uint8Array, key: string): RunRequest {
  return readJson(requestV1, 1, content, key);
}

/** Reads `runs/<run>/failure.json`. */
export function readFailure(content: Uint8Array, key: string): RunFailure {
  return readJson(failureV1, 1, content, key);
}
