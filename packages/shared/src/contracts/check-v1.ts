import { ANOMALY_MEASURES, type Baseline, type Checked, type PlannedCheck } from '../core/check.ts';
import { z } from '../npm/zod.ts';
import { batchReference } from './batch-reference.ts';

const count = z.number().int().min(0);
const value = z.union([z.string(), z.number(), z.boolean()]);
const severity = z.enum(['error', 'warn']);
const measure = z.enum(ANOMALY_MEASURES);

const threshold = z.strictObject({
  operator: z.enum(['>', '>=', '<', '<=', '=', '!=']),
  value: z.number(),
  unit: z.enum(['rows', 'ratio']),
});

const rule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not_null'), column: z.string() }),
  z.strictObject({ kind: z.literal('unique'), columns: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('accepted_values'), column: z.string(), values: z.array(value) }),
  z.strictObject({
    kind: z.literal('relationships'),
    column: z.string(),
    to: z.string(),
    field: z.string(),
  }),
  z.strictObject({
    kind: z.literal('range'),
    column: z.string(),
    min: value.nullable(),
    max: value.nullable(),
  }),
  z.strictObject({ kind: z.literal('matches'), column: z.string(), pattern: z.string() }),
  z.strictObject({
    kind: z.literal('row_count'),
    min: count.nullable(),
    max: count.nullable(),
    change: z.number().nullable(),
  }),
  z.strictObject({ kind: z.literal('freshness'), column: z.string(), maxAgeMs: z.number() }),
  z.strictObject({
    kind: z.literal('sum_equals'),
    column: z.string(),
    to: z.string(),
    field: z.string(),
    tolerance: z.number(),
  }),
  z.strictObject({ kind: z.literal('sql'), file: z.string(), sql: z.string() }),
  z.strictObject({
    kind: z.literal('anomaly'),
    measure,
    column: z.string().nullable(),
    threshold: z.number(),
    direction: z.enum(['both', 'up', 'down']),
    floor: z.number(),
    floorIn: z.enum(['measure', 'share']).default('measure'),
    failOnZero: z.boolean(),
  }),
]);

export const plannedCheck = z.strictObject({
  id: z.string(),
  table: z.string(),
  reads: z.array(z.string()),
  rule,
  severity,
  errorIf: threshold,
  warnIf: threshold,
}) satisfies z.ZodType<PlannedCheck>;

export const baseline = z.strictObject({
  table: z.string(),
  measure,
  column: z.string().nullable(),
  values: z.array(z.number()),
}) satisfies z.ZodType<Baseline>;

const kind = z.enum(rule.options.map(({ shape }) => shape.kind.value));

/** What a result says wherever it is kept. */
export const checkOutcome = {
  check: z.string(),
  table: z.string(),
  kind,
  severity,
  status: z.enum(['pass', 'warn', 'error', 'no_baseline']),
  badRows: count,
  rows: count,
  message: z.string(),
};

export const tableProfile = {
  rows: count,
  columns: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      nulls: count,
      distinct: count,
      min: z.string().nullable(),
      max: z.string().nullable(),
      mean: z.number().nullable(),
    }),
  ),
};

export const checked = z.strictObject({
  table: z.string(),
  results: z.array(z.strictObject({ ...checkOutcome, failures: batchReference.nullable() })),
  profile: z.strictObject(tableProfile),
}) satisfies z.ZodType<Checked>;
