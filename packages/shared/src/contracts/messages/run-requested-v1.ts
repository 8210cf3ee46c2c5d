import { z } from '../../npm/zod.ts';

/** Make the plan of a run. On the extract queue. */
export const runRequestedV1 = z.strictObject({
  v: z.literal(1),
  type: z.literal('run_requested'),
  run: z.string(),
  round: z.number().int().min(1).default(1),
  pipeline: z.string(),
  bundle: z.string(),
});
