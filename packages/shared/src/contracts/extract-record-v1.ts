import { z } from '../npm/zod.ts';
import { extractReference } from './extract-reference.ts';
import { readJson } from './read-json.ts';

const extractRecordV1 = z.strictObject({ v: z.literal(1), ...extractReference.shape });

/** Names the task that made what a fingerprint stands for. */
type ExtractRecord = z.infer<typeof extractRecordV1>;

/** Reads `extracts/<pipeline>/<fingerprint>.json`. */
export function readExtractRecord(content: Uint8Array, key: string): ExtractRecord {
  return readJson(extractRecordV1, 1, content, key);
}
