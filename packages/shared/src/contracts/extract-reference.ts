import { z } from 'zod';

import type { ExtractReference } from '../core/task.ts';

/** An extract task of a run, as plans, manifests and `extracts/` name it. */
export const extractReference = z.strictObject({
  run: z.string(),
  task: z.string(),
}) satisfies z.ZodType<ExtractReference>;
