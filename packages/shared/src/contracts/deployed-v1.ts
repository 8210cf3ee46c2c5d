import type { DeployedSchedule } from '../core/schedule.ts';
import { z } from '../npm/zod.ts';
import { readJson } from './read-json.ts';

const deployedSchedule = z.strictObject({
  cron: z.string(),
  timeZone: z.string(),
  overlap: z.boolean(),
  since: z.string(),
}) satisfies z.ZodType<DeployedSchedule>;

const deployedV1 = z.strictObject({
  v: z.literal(1),
  /** Content hash of the bundle that a run by name uses. */
  bundle: z.string(),
  schedule: deployedSchedule.nullable().default(null),
});

/** Names the newest bundle of a pipeline, and says when it runs by itself. */
export type DeployedFile = z.infer<typeof deployedV1>;

/** Reads `pipelines/<name>/deployed.json`. */
export function readDeployedFile(content: Uint8Array, key: string): DeployedFile {
  return readJson(deployedV1, 1, content, key);
}
