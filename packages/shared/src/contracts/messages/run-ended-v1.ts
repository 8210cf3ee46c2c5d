import { z } from '../../npm/zod.ts';

/** Write the record of a failed run into its destinations. On the load queue. */
export const runEndedV1 = z.strictObject({
  v: z.literal(1),
  type: z.literal('run_ended'),
  run: z.string(),
  round: z.number().int().min(1).default(1),
});
