import type { Pause } from '../core/wait.ts';
import { z } from '../npm/zod.ts';
import { readJson } from './read-json.ts';

const pausedV1 = z.strictObject({
  v: z.literal(1),
  paused: z.boolean(),
  by: z.string(),
  changedAt: z.string(),
  reason: z.string().nullable(),
}) satisfies z.ZodType<Pause>;

/** Reads `pipelines/<name>/paused.json`. */
export function readPauseFile(content: Uint8Array, key: string): Pause {
  return readJson(pausedV1, 1, content, key);
}
