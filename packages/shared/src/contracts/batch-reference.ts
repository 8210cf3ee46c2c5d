import type { BatchReference } from '../core/batch.ts';
import { z } from '../npm/zod.ts';

const count = z.number().int().min(0);

export const batchReference = z.strictObject({
  key: z.string(),
  format: z.literal('parquet'),
  rows: count,
  bytes: count,
  sha256: z.string().length(64),
}) satisfies z.ZodType<BatchReference>;
