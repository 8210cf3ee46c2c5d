import { z } from 'zod';

import type { ColumnSchema } from '@millrace/shared/core/batch';
import { ERROR_KINDS, fail, type ErrorCode, type ErrorRecord } from '@millrace/shared/core/errors';
import type { TableRows } from '@millrace/shared/core/manifest';

const count = z.number().int().min(0);
const columns = z.array(z.strictObject({ name: z.string(), type: z.string() })).readonly();

const modelOrder = z.strictObject({
  run: z.string(),
  model: z.strictObject({ name: z.string(), file: z.string(), sql: z.string() }),
  /** All that the model may read: the files of each table, verified, in the order of the plan. */
  tables: z
    .array(z.strictObject({ name: z.string(), columns, rows: count, paths: z.array(z.string()).readonly() }))
    .readonly(),
  /** Where the rows go, and the bucket's key of it, for messages. */
  target: z.strictObject({ path: z.string(), key: z.string() }),
  engine: z.strictObject({ memoryLimitBytes: count, threads: count, spillDir: z.string() }),
});

/** What a worker asks of the process that runs its models. It names files, no bucket, no queue and no secret. */
export type ModelOrder = z.infer<typeof modelOrder>;
export type OrderedTable = ModelOrder['tables'][number];
export type OrderedModel = ModelOrder['model'];

/** What a model gave. The file of the target exists, whatever the number of rows. */
export interface ModelResult {
  readonly columns: readonly ColumnSchema[];
  readonly rows: number;
  /** Rows of each table that were read, as the engine counted them. */
  readonly reads: readonly TableRows[];
}

const errorRecord = z.strictObject({
  code: z.custom<ErrorCode>(
    (code) => typeof code === 'string' && code in ERROR_KINDS,
    'not a known error code',
  ),
  message: z.string(),
  where: z.string().nullable(),
  hint: z.string().nullable(),
}) satisfies z.ZodType<ErrorRecord>;

const modelReport = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('done'),
    result: z.strictObject({
      columns,
      rows: count,
      reads: z.array(z.strictObject({ table: z.string(), rows: count })).readonly(),
    }) satisfies z.ZodType<ModelResult>,
  }),
  z.strictObject({ kind: z.literal('failed'), error: errorRecord, stack: z.string().optional() }),
]);

/** What became of an order. */
export type ModelReport = z.infer<typeof modelReport>;

export function readModelOrder(message: unknown): ModelOrder {
  return readMessage(modelOrder, message);
}

export function readModelReport(message: unknown): ModelReport {
  return readMessage(modelReport, message);
}

function readMessage<T>(schema: z.ZodType<T>, message: unknown): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw fail('internal', {
    message: `A worker and its process for models do not understand each other: ${z.prettifyError(parsed.error)}`,
    hint: 'Was millrace replaced while it ran? Start its services again.',
  });
}
