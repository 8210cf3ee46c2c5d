import { ANOMALY_MEASURES } from '../core/check.ts';
import { z } from '../npm/zod.ts';

/** The form of the checks in `pipeline.yml`, as a person writes them. What they mean: `compile-checks.ts`. */
const column = z.string().min(1);
const columns = z.union([column, z.array(column).min(1)]);
const value = z.union([z.string(), z.number(), z.boolean()]);
const share = z.union([z.number().min(0), z.string()]);
const threshold = z.string().meta({
  description: "Of bad rows: their number, as in '> 10', or their share of the table, as in '>= 1 %'.",
});
const to = z.string().meta({ description: 'Another staged table or model.' });

const anomalySchema = z.strictObject({
  measure: z.enum([...ANOMALY_MEASURES, 'distribution']).meta({
    description: 'distribution: all that there is for a column of this type, each a check of its own.',
  }),
  column: column.optional(),
  of: z
    .array(z.enum(['distinct', 'min', 'mean', 'max']))
    .min(1)
    .optional()
    .meta({ description: 'What of the distribution is judged.' }),
  threshold: z.number().positive().optional().meta({ description: 'In standard deviations. Default 3.' }),
  direction: z.enum(['both', 'up', 'down']).optional().meta({ description: 'Default both.' }),
  floor: share.optional().meta({
    description:
      'Smaller differences from the mean are no anomaly: in the unit of the measure, or as in 10 % of that mean. Default 0; of a distribution 10 %.',
  }),
  fail_on_zero: z.boolean().optional().meta({ description: 'Whether 0 always fails. Default false.' }),
});

const checkSchema = z.strictObject({
  not_null: columns.optional().meta({ description: 'Columns that have a value in every row.' }),
  unique: columns.optional().meta({
    description: 'A column, or several together, without the same values twice. Nulls are equal to none.',
  }),
  accepted_values: z
    .strictObject({ column, values: z.array(value).min(1) })
    .optional()
    .meta({ description: 'The column has no other values; null is fine.' }),
  relationships: z
    .strictObject({ column, to, field: column.optional() })
    .optional()
    .meta({ description: 'Each value of the column is one of `field` in `to`; null is fine.' }),
  range: z
    .strictObject({ column, min: value.optional(), max: value.optional() })
    .optional()
    .meta({ description: 'Both bounds are allowed values; null is fine.' }),
  matches: z
    .strictObject({ column, pattern: z.string().min(1) })
    .optional()
    .meta({ description: 'The whole text matches the regular expression (RE2); null is fine.' }),
  row_count: z
    .strictObject({
      min: z.number().int().min(0).optional(),
      max: z.number().int().min(0).optional(),
      change: share
        .optional()
        .meta({ description: 'At most so far from the last published run: 0.5 or 50 %.' }),
    })
    .optional(),
  freshness: z
    .strictObject({ column, max_age: z.string() })
    .optional()
    .meta({ description: 'The newest value is at most so old, as in 2 days, when the run is planned.' }),
  sum_equals: z
    .strictObject({ column, to, field: column.optional(), tolerance: z.number().min(0).optional() })
    .optional()
    .meta({
      description: 'The sum of the column equals that of `field` in `to`, up to `tolerance` (default 0).',
    }),
  sql: z
    .string()
    .optional()
    .meta({ description: 'A file checks/<name>.sql whose SELECT returns the bad rows.' }),
  anomaly: z
    .union([z.literal('volume'), anomalySchema])
    .optional()
    .meta({ description: 'A measure of the table that is far from those of the last 14 published runs.' }),
  name: z
    .string()
    .regex(/^[a-z0-9_]+$/i, 'a name has letters, digits and _')
    .optional()
    .meta({
      description: 'Last part of the id of the check; to tell two checks of one rule and column apart.',
    }),
  severity: z
    .enum(['error', 'warn'])
    .optional()
    .meta({ description: 'error (default) stops the run before anything is published.' }),
  error_if: threshold.optional(),
  warn_if: threshold.optional(),
});

export const checksSchema = z
  .record(z.string().min(1), z.array(checkSchema).min(1))
  .meta({ description: 'Data tests, by staged table or model; they run before anything is published.' });

export type CheckFile = z.infer<typeof checkSchema>;
