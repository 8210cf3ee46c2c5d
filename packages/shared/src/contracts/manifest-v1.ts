import type { TableOutput } from '../core/batch.ts';
import type { Manifest } from '../core/manifest.ts';
import { REJECT_REASONS } from '../core/reject.ts';
import { z } from '../npm/zod.ts';
import { batchReference } from './batch-reference.ts';
import { checked } from './check-v1.ts';
import { extractReference } from './extract-reference.ts';
import { driftCount } from './drift-v1.ts';
import { readJson } from './read-json.ts';

const count = z.number().int().min(0);

const tableOutput = z.strictObject({
  table: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  batches: z.array(batchReference),
  rows: count,
}) satisfies z.ZodType<TableOutput>;

const manifestV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  task: z.string(),
  kind: z.enum(['extract', 'model', 'check', 'load']),
  attempt: z.string(),
  generation: z.number().int().min(1),
  worker: z.string(),
  codeVersion: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  reads: z.array(z.strictObject({ table: z.string(), rows: count })).default([]),
  outputs: z.array(tableOutput),
  extracted: z
    .strictObject({
      files: z.array(
        z.strictObject({
          input: count,
          seen: count,
          accepted: count,
          rejected: count,
          blank: count,
          numbers: z.array(z.tuple([z.number().int(), z.number().int().min(1)])).optional(),
        }),
      ),
      rejects: z.strictObject({
        records: count,
        byReason: z.partialRecord(z.enum(REJECT_REASONS), count),
        batches: z.array(batchReference),
      }),
      drift: z.array(driftCount).optional(),
      fingerprint: z.string().nullable().default(null),
      reused: extractReference.nullable().default(null),
    })
    .nullable(),
  loaded: z
    .strictObject({
      destination: count,
      inserted: z.record(z.string(), count).nullable().default(null),
      tables: z.record(z.string(), count),
      publishedAt: z.string(),
      already: z.boolean(),
    })
    .nullable(),
  checked: checked.nullable().default(null),
}) satisfies z.ZodType<Manifest>;

/** Reads `runs/<run>/tasks/<task>.json`. */
export function readManifest(content: Uint8Array, key: string): Manifest {
  return readJson(manifestV1, 1, content, key);
}
