import type { ExtractReference } from '../core/task.ts';
import { z } from '../npm/zod.ts';

/** An extract task of a run, as plans, manifests and `extracts/` name it. */
export const extractReference = z.strictObject({
  run: z.string(),
  task: z.string(),
}) satisfies z.ZodType<ExtractReference>;
