import { z } from '../npm/zod.ts';
import { readJson } from './read-json.ts';

const bundleV1 = z.strictObject({
  v: z.literal(1),
  pipeline: z.string(),
  /** Absolute path of the folder it came from: relative paths of sources and destinations start here. */
  baseDir: z.string(),
  /** Absolute path at which those of destinations start instead, where the pipeline's folder is not to be written. */
  destinationDir: z.string().optional(),
  /** Text of each file that makes the pipeline, by path relative to the folder. */
  files: z.record(z.string(), z.string()),
});

/** A pipeline folder as it was at one moment, kept in the bucket by content hash. */
export type Bundle = z.infer<typeof bundleV1>;

export function readBundle(content: Uint8Array, key: string): Bundle {
  return readJson(bundleV1, 1, content, key);
}
