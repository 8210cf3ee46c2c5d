import { REJECT_REASONS } from '../core/reject.ts';
import type { ReplayRequest } from '../core/replay.ts';
import type { RejectsPart } from '../core/task.ts';
import { z } from '../npm/zod.ts';
import { batchReference } from './batch-reference.ts';

const count = z.number().int().min(0);
const reason = z.enum(REJECT_REASONS);

/** Part of the request of a run that is a replay. */
export const replayRequest = z.strictObject({
  root: z.string(),
  sequence: z.number().int().min(1),
  reasons: z.array(reason).nullable(),
  sources: z.array(z.string()).nullable(),
  after: z.array(z.string()),
  mended: z
    .strictObject({
      groups: z.array(
        z.strictObject({
          source: z.string(),
          table: z.string().nullable(),
          batches: z.array(batchReference),
        }),
      ),
      taken: z.array(z.strictObject({ run: z.string(), task: z.string(), reason, records: count })),
    })
    .nullable(),
}) satisfies z.ZodType<ReplayRequest>;

/** Part of the tasks of a replay's plan. */
export const rejectsPart = z.strictObject({
  batches: z.array(batchReference),
  reasons: z.array(reason).nullable(),
  except: z.array(batchReference),
  records: count,
}) satisfies z.ZodType<RejectsPart>;
