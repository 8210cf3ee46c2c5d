import type { KnownFile } from '../core/known-file.ts';
import { z } from '../npm/zod.ts';
import { inputLayout } from './plan-v1.ts';
import { readJson } from './read-json.ts';

const count = z.number().int().min(0);

const rowidRange = z.strictObject({ from: z.number().int(), to: z.number().int() });

const knownFile = z.strictObject({
  path: z.string(),
  sizeBytes: count,
  modifiedMs: z.number(),
  changedMs: z.number(),
  inode: z.string(),
  sha256: z.string(),
  hashedAt: z.string(),
  compression: z.enum(['none', 'gzip', 'zstd']),
  layout: inputLayout,
  cuts: z.array(
    z.strictObject({
      start: count,
      end: count.nullable(),
      firstLine: count,
      firstRecord: count,
      records: count.optional(),
    }),
  ),
  ranges: z.record(z.string(), z.array(rowidRange)).default({}),
}) satisfies z.ZodType<KnownFile>;

const knownFilesV1 = z.strictObject({
  v: z.literal(1),
  /** How the files were looked at (`describeSurvey`). */
  survey: z.string(),
  files: z.array(knownFile),
});

type KnownFilesFile = z.infer<typeof knownFilesV1>;

/** Reads `known-files/<pipeline>/<source>.json`. */
export function readKnownFiles(content: Uint8Array, key: string): KnownFilesFile {
  return readJson(knownFilesV1, 1, content, key);
}
