import type { FailedRecord, PublishedRecord, PublishedTable } from '../core/published-record.ts';
import type { InputRecord, RunRecord } from '../core/run-record.ts';
import { z } from '../npm/zod.ts';
import { cursorValue } from './cursor-value.ts';
import { readJson } from './read-json.ts';

const count = z.number().int().min(0);

const runRecord = z.strictObject({
  run: z.string(),
  pipeline: z.string(),
  status: z.enum(['published', 'failed', 'cancelled']),
  trigger: z.enum(['cli', 'demo', 'schedule', 'dashboard']),
  replayOf: z.string().nullable().default(null),
  retries: count.nullable().default(null),
  requestedAt: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  durationMs: z.number(),
  recordsSeen: count,
  recordsRejected: count,
  rowsLoaded: count,
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  codeVersion: z.string(),
  bundle: z.string(),
}) satisfies z.ZodType<RunRecord>;

const inputRecord = z.strictObject({
  source: z.string(),
  path: z.string(),
  sizeBytes: count,
  modifiedAt: z.string(),
  sha256: z.string(),
  recordsSeen: count.nullable(),
  recordsAccepted: count.nullable(),
  recordsRejected: count.nullable(),
}) satisfies z.ZodType<InputRecord>;

const publishedTable = z.strictObject({
  name: z.string(),
  disposition: z.string(),
  file: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  rows: count,
  bytes: count,
  sha256: z.string(),
}) satisfies z.ZodType<PublishedTable>;

const publishedV1 = z.strictObject({
  v: z.literal(1),
  loadSeq: count,
  planSha256: z.string(),
  record: runRecord,
  inputs: z.array(inputRecord),
  tables: z.array(publishedTable),
  watermarks: z
    .array(
      z.strictObject({
        source: z.string(),
        table: z.string(),
        file: z.string(),
        column: z.string(),
        value: cursorValue,
      }),
    )
    .default([]),
}) satisfies z.ZodType<PublishedRecord>;

const failedV1 = z.strictObject({
  v: z.literal(1),
  record: runRecord,
  inputs: z.array(inputRecord),
}) satisfies z.ZodType<FailedRecord>;

/** Reads `runs/<run>/_millrace.json` of a destination of files. */
export function readPublishedRecord(content: Uint8Array, file: string): PublishedRecord {
  return readJson(publishedV1, 1, content, file, 'destination_unavailable');
}

/** Reads `failed-runs/<run>.json` of a destination of files. */
export function readFailedRecord(content: Uint8Array, file: string): FailedRecord {
  return readJson(failedV1, 1, content, file, 'destination_unavailable');
}
