import type { ChecksRecord, FailuresRecord } from '../core/published-record.ts';
import { z } from '../npm/zod.ts';
import { checkOutcome, tableProfile } from './check-v1.ts';
import { readJson } from './read-json.ts';

const count = z.number().int().min(0);

const checksV1 = z.strictObject({
  v: z.literal(1),
  results: z.array(z.strictObject({ ...checkOutcome, keptRows: count })),
  profiles: z.array(z.strictObject({ table: z.string(), ...tableProfile })),
}) satisfies z.ZodType<ChecksRecord>;

const failuresV1 = z.strictObject({
  v: z.literal(1),
  failures: z.array(
    z.strictObject({
      check: z.string(),
      number: count,
      row: z.string(),
      origin: z.strictObject({ file: z.string(), recordNumber: count.nullable() }).nullable(),
    }),
  ),
}) satisfies z.ZodType<FailuresRecord>;

/** Reads `_millrace_checks.json` of a destination of files. */
export function readChecksRecord(content: Uint8Array, file: string): ChecksRecord {
  return readJson(checksV1, 1, content, file, 'destination_unavailable');
}

/** Reads `_millrace_failures.json` of a destination of files. */
export function readFailuresRecord(content: Uint8Array, file: string): FailuresRecord {
  return readJson(failuresV1, 1, content, file, 'destination_unavailable');
}
