import { fail } from '@millrace/shared/core/errors';
import { isRunId } from '@millrace/shared/core/run';
import { z } from '@millrace/shared/npm/zod';

/** Reads what came with a request. Throws `usage`, naming the parameter. */
export function parse<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw fail('usage', {
    message: `${issue?.path.join('.') || 'The request'}: ${issue?.message ?? 'invalid'}.`,
  });
}

export const limit = (usual: number, most: number) => z.coerce.number().int().min(1).max(most).default(usual);

/** A run's id is part of keys in the bucket, so nothing else may pass. */
export const runId = z.string().refine(isRunId, 'expected the id of a run, such as 20261122T060000-1a2b3c4d');

/** Likewise. */
export const pipelineName = z.string().regex(/^\w{1,200}$/, 'expected the name of a pipeline');

/** A parameter that may be given several times. */
export const several = <T extends z.ZodType>(one: T) =>
  z.union([z.array(one), one.transform((value) => [value])]).default([]);
