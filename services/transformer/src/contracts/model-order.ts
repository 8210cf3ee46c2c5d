import { baseline, checked, plannedCheck } from '@millrace/shared/contracts/check-v1';
import type { ColumnSchema } from '@millrace/shared/core/batch';
import type { Baseline, Checked, PlannedCheck } from '@millrace/shared/core/check';
import { ERROR_KINDS, fail, type ErrorCode, type ErrorRecord } from '@millrace/shared/core/errors';
import type { TableRows } from '@millrace/shared/core/manifest';
import { z } from '@millrace/shared/npm/zod';

const count = z.number().int().min(0);
const columns = z.array(z.strictObject({ name: z.string(), type: z.string() })).readonly();

/** Where rows go, and the bucket's key of it. */
const target = z.strictObject({ path: z.string(), key: z.string() });

const common = {
  run: z.string(),
  /** All that may be read: the files of each table, verified, in the order of the plan. */
  tables: z
    .array(z.strictObject({ name: z.string(), columns, rows: count, paths: z.array(z.string()).readonly() }))
    .readonly(),
  engine: z.strictObject({ memoryLimitBytes: count, threads: count, spillDir: z.string() }),
};

const modelOrder = z.strictObject({
  ...common,
  model: z.strictObject({ name: z.string(), file: z.string(), sql: z.string() }),
  target,
});

const checks: z.ZodType<readonly PlannedCheck[]> = z.array(plannedCheck);
const baselines: z.ZodType<readonly Baseline[]> = z.array(baseline);
const found: z.ZodType<Checked> = checked;

const checkOrder = z.strictObject({
  ...common,
  /** The table that is checked and measured: one of those that may be read. */
  table: z.string(),
  plannedAt: z.string(),
  checks,
  baselines,
  /** Keys of the table's objects, in the order of its paths. */
  keys: z.array(z.string()).readonly(),
  /** For the bad rows of each check, in the order of the checks. */
  targets: z.array(target).readonly(),
});

/** What a worker asks of the process that runs its models. It names files, no bucket, no queue and no secret. */
export type ModelOrder = z.infer<typeof modelOrder>;
/** The same process evaluates checks, because files in `checks/` are no more to be trusted than models. */
export type CheckOrder = z.infer<typeof checkOrder>;
export type Order = ModelOrder | CheckOrder;
export type OrderedTable = ModelOrder['tables'][number];

/** What a model gave. The file of the target exists, whatever the number of rows. */
export interface ModelResult {
  readonly columns: readonly ColumnSchema[];
  readonly rows: number;
  /** Rows of each table that were read, as the engine counted them. */
  readonly reads: readonly TableRows[];
}

/** What the checks of a table gave. */
export interface CheckOutcome {
  /** Without references to bad rows: they are not in the bucket yet. */
  readonly checked: Checked;
  /** Bad rows that were written to the target of each check; null where its file was not written. */
  readonly kept: readonly (number | null)[];
  readonly reads: readonly TableRows[];
}

/** What an order of this form gives. */
export type ResultOf<O extends Order> = O extends CheckOrder ? CheckOutcome : ModelResult;

const reads = z.array(z.strictObject({ table: z.string(), rows: count })).readonly();

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
    result: z.union([
      z.strictObject({ columns, rows: count, reads }) satisfies z.ZodType<ModelResult>,
      z.strictObject({
        checked: found,
        kept: z.array(count.nullable()).readonly(),
        reads,
      }) satisfies z.ZodType<CheckOutcome>,
    ]),
  }),
  z.strictObject({ kind: z.literal('failed'), error: errorRecord, stack: z.string().optional() }),
]);

/** What became of an order. */
export type ModelReport = z.infer<typeof modelReport>;

export function readOrder(message: unknown): Order {
  return readMessage(z.union([checkOrder, modelOrder]), message);
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
