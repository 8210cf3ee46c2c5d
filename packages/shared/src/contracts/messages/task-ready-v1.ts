import { z } from '../../npm/zod.ts';

/** Do one task of a run's plan. On the queue of the task's stage. */
export const taskReadyV1 = z.strictObject({
  v: z.literal(1),
  type: z.literal('task_ready'),
  run: z.string(),
  round: z.number().int().min(1).default(1),
  task: z.string(),
  generation: z.number().int().min(1),
});
