import type { PrunedRecord } from '../core/run.ts';
import { z } from '../npm/zod.ts';
import { readJson } from './read-json.ts';

const prunedV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  tasks: z.array(z.string()),
  by: z.string(),
  prunedAt: z.string(),
}) satisfies z.ZodType<PrunedRecord>;

/** Reads `runs/<run>/pruned/<id>.json`. */
export function readPrunedRecord(content: Uint8Array, key: string): PrunedRecord {
  return readJson(prunedV1, 1, content, key);
}
