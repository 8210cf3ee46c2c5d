import { CONTRACT_MODES } from '../core/contract.ts';
import { ENCODINGS } from '../core/decoding.ts';
import { z } from '../npm/zod.ts';
import { checksSchema } from './check-file.ts';

/**
 * The form of `pipeline.yml`, as a person writes it. What it means (paths, types, defaults that depend on other
 * keys) is worked out in `compile-pipeline.ts`.
 */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Names of pipelines, sources, staged tables and models become folders, tables and job ids. */
const nameSchema = z
  .string()
  .regex(NAME, 'a name has letters, digits and _, begins with a letter or _, and has at most 63 characters');

const columnSchema = z.strictObject({
  type: z
    .string()
    .meta({ description: 'text, integer, double, decimal(p,s), boolean, date, timestamp or json' }),
  required: z
    .boolean()
    .optional()
    .meta({ description: 'Refuse records without a value here. Default false.' }),
  from: z.string().min(1).optional().meta({
    description:
      'Path of the value: a.b[0]; ^a.b in the parent record of an each table; $index; $key (^$key in an each table) where the records are members of an object. Default: the column name.',
  }),
  format: z.string().min(1).optional().meta({
    description:
      'date and timestamp: iso (default), epoch_s, epoch_ms, or a strptime pattern such as %d/%m/%Y.',
  }),
  strict: z
    .boolean()
    .optional()
    .meta({ description: 'text: refuse JSON numbers instead of taking their digits. Default false.' }),
});

const columnsMode = z.enum(['report', ...CONTRACT_MODES]);
const contractSchema = z.union([
  z.enum(CONTRACT_MODES),
  z.strictObject({
    new_columns: columnsMode.optional().meta({
      description:
        'Of values in fields that are not declared. evolve: they become columns; freeze: the run fails; reject_row: their records are rejected; drop_value: they are left out and counted. Default report: they are not read, and shown.',
    }),
    missing_columns: columnsMode.optional().meta({
      description:
        'Of declared columns whose field is not there. evolve: null; freeze: the run fails; reject_row: records without the field are rejected; drop_value: null, and counted. Default report: null, and shown.',
    }),
    changed_types: z.enum(CONTRACT_MODES).optional().meta({
      description:
        "Of values that are not of their column's type. evolve: the column gets a type that takes them; freeze: the run fails; reject_row: their records are rejected, the default; drop_value: null, and counted.",
    }),
    ignored: z.array(z.string().min(1)).optional().meta({
      description: 'Fields that are known and not wanted, as paths in a row. They are no new columns.',
    }),
  }),
]);

const tableSchema = z.strictObject({
  key: z.array(z.string().min(1)).min(1).optional().meta({ description: 'Columns that identify a row.' }),
  each: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Path of a nested array; its elements are the rows of this table.' }),
  columns: z
    .record(z.string().min(1), columnSchema)
    .optional()
    .meta({ description: 'Left out: all columns, with types inferred from the data (see `millrace plan`).' }),
  contract: contractSchema.optional().meta({
    description:
      'What becomes of data that is not as `columns:` says: evolve, freeze, reject_row or drop_value for all that may differ, or for each of it.',
  }),
  query: z.string().min(1).optional().meta({ description: 'SQLite: a SELECT whose rows fill this table.' }),
  table: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'SQLite: table or view to read. Default: the name of this table.' }),
  cursor: z.string().min(1).optional().meta({
    description: 'SQLite: a column that grows; a run reads only rows beyond those already published.',
  }),
  lag: z
    .union([z.number().min(0), z.string()])
    .optional()
    .meta({
      description:
        'SQLite: how far behind the last row of the cursor to read again, for rows that came late: a number in the unit of the column, or a duration such as 2 days. Default: not at all.',
    }),
});

const rejectsSchema = z.strictObject({
  max_rows: z.number().int().min(0).optional().meta({ description: 'So many records at most.' }),
  max_ratio: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({ description: 'Rejected records ÷ records seen, at most; 1 means no limit.' }),
});

const sourceSchema = z.strictObject({
  type: z.enum(['json', 'csv', 'sqlite', 'parquet']),
  path: z.string().min(1).meta({
    description:
      'A file, a folder or a glob, relative to this file or absolute; .gz and .zst are read as they are.',
  }),
  records: z.string().min(1).optional().meta({
    description:
      'JSON: path of the array of records inside a document; with * as its last step, of the object whose members are the records.',
  }),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .meta({ description: 'CSV: found out from the data when left out.' }),
  quote: z.string().length(1).optional().meta({ description: 'CSV: default ".' }),
  header: z
    .boolean()
    .optional()
    .meta({ description: 'CSV: whether the first record names the columns. Default true.' }),
  nulls: z
    .array(z.string())
    .optional()
    .meta({ description: 'CSV: unquoted values that mean null, besides the empty one.' }),
  encoding: z
    .enum(ENCODINGS)
    .optional()
    .meta({ description: 'JSON, CSV: how the text is written in bytes. Default utf-8.' }),
  file_limits: z
    .strictObject({
      max_bytes: z
        .number()
        .int()
        .min(1)
        .optional()
        .meta({ description: 'Bytes of one file, decompressed. Default 256 GiB.' }),
      max_ratio: z
        .number()
        .min(1)
        .optional()
        .meta({ description: 'Decompressed ÷ stored bytes, from 64 MiB on. Default 200.' }),
    })
    .optional()
    .meta({ description: 'JSON, CSV: a file beyond fails the run.' }),
  follow_symlinks: z.boolean().optional().meta({
    description: 'Whether links in a folder or glob may lead to files outside of it. Default false.',
  }),
  allow_empty: z
    .boolean()
    .optional()
    .meta({ description: 'Whether no file, or an empty one, is fine. Default false.' }),
  rejects: rejectsSchema.optional().meta({
    description: 'The run fails, and publishes nothing, when more records of this source are rejected.',
  }),
  tables: z.record(nameSchema, tableSchema.nullable()),
});

const loadSchema = z.union([
  z.enum(['append', 'replace', 'none']),
  z.strictObject({ merge: z.array(z.string().min(1)).min(1) }),
]);

const destinationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('sqlite'), path: z.string().min(1) }),
  z.strictObject({ type: z.literal('files'), path: z.string().min(1), format: z.enum(['csv', 'parquet']) }),
]);

const cronSchema = z.string().min(1).meta({
  description:
    'Five fields: minute, hour, day of month, month, day of week. 0 6 * * 1-5 is at six on weekdays.',
});

const scheduleSchema = z.union([
  cronSchema,
  z.strictObject({
    cron: cronSchema,
    time_zone: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Of the clock that the fields mean, such as Europe/Berlin. Default UTC.' }),
    overlap: z.boolean().optional().meta({
      description: 'Whether a run may begin while another of the pipeline has not ended. Default false.',
    }),
  }),
]);

export const pipelineFileSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  sources: z.record(nameSchema, sourceSchema),
  models: z
    .record(nameSchema, z.strictObject({ load: loadSchema.optional() }).nullable())
    .optional()
    .meta({
      description: 'How each models/<name>.sql is loaded. Models not named here are read by others only.',
    }),
  checks: checksSchema.optional(),
  batch: z
    .strictObject({
      rows: z.number().int().min(1).max(10_000_000).optional(),
      // A column of text finds its values by 31 bits, and takes what the record that ends a batch has on top.
      bytes: z
        .number()
        .int()
        .min(1024)
        .max(2 ** 30)
        .optional(),
    })
    .optional(),
  rejects: rejectsSchema.optional().meta({
    description:
      'The run fails, and publishes nothing, when more of all its records are rejected. Default: 5 % of each source.',
  }),
  schedule: scheduleSchema
    .optional()
    .meta({ description: 'When it runs by itself, once deployed. Default: when somebody asks for it.' }),
  destination: z.union([destinationSchema, z.array(destinationSchema).min(1)]),
});

export type PipelineFile = z.infer<typeof pipelineFileSchema>;
export type SourceFile = z.infer<typeof sourceSchema>;
export type TableFile = NonNullable<z.infer<typeof tableSchema>>;
export type ColumnFile = z.infer<typeof columnSchema>;
export type RejectsFile = z.infer<typeof rejectsSchema>;

/** JSON Schema of `pipeline.yml`, for editors. */
export function pipelineJsonSchema(): unknown {
  return z.toJSONSchema(pipelineFileSchema, { io: 'input' });
}
