import { SIMPLE_TYPES, type ColumnType } from '../core/column-type.ts';
import { DEFAULT_DECODING, ENCODINGS, type Decoding } from '../core/decoding.ts';
import type { Column, Destination, Disposition } from '../core/pipeline.ts';
import { SOURCE_TYPES } from '../core/pipeline.ts';
import type { InputLayout, Plan } from '../core/plan.ts';
import type { Task } from '../core/task.ts';
import { z } from '../npm/zod.ts';
import { baseline, plannedCheck } from './check-v1.ts';
import { extractReference } from './extract-reference.ts';
import { cursorValue } from './cursor-value.ts';
import { contract, plannedDrift } from './drift-v1.ts';
import { readJson } from './read-json.ts';
import { rejectsPart } from './replay-request.ts';

const count = z.number().int().min(0);
const steps = z.array(z.union([z.string(), z.number()]));
const dependsOn = z.array(z.string());

const columnType = z.union([
  z.strictObject({ kind: z.enum(SIMPLE_TYPES) }),
  z.strictObject({ kind: z.literal('decimal'), precision: count, scale: count }),
]) satisfies z.ZodType<ColumnType>;

const column = z.strictObject({
  name: z.string(),
  type: columnType,
  path: z.strictObject({ from: z.enum(['record', 'parent', 'index', 'key', 'parentKey']), steps }),
  required: z.boolean(),
  strict: z.boolean(),
  format: z.string().nullable(),
}) satisfies z.ZodType<Column>;

const csvOptions = z.strictObject({
  delimiter: z.string().nullable(),
  quote: z.string(),
  header: z.boolean(),
  nulls: z.array(z.string()),
});

const decoding = z.strictObject({
  encoding: z.enum(ENCODINGS),
  maxBytes: count,
  maxRatio: z.number(),
}) satisfies z.ZodType<Decoding>;

export const inputLayout = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('json'),
    shape: z.enum(['lines', 'array', 'document', 'members', 'values']),
  }),
  z.strictObject({
    kind: z.literal('csv'),
    delimiter: z.string(),
    newline: z.enum(['lf', 'crlf', 'cr']),
    header: z.array(z.string()),
    dataStart: count,
  }),
  z.strictObject({ kind: z.literal('sqlite'), version: z.string().default('') }),
  z.strictObject({ kind: z.literal('parquet') }),
]) satisfies z.ZodType<InputLayout>;

const slice = z.strictObject({
  input: count,
  start: count,
  end: count.nullable(),
  firstLine: count,
  firstRecord: count,
  records: count.optional(),
});

const task = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('extract'),
    id: z.string(),
    dependsOn,
    source: z.string(),
    tables: z.array(z.string()),
    read: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('files'), slices: z.array(slice) }),
      z.strictObject({
        kind: z.literal('relation'),
        input: count,
        range: z.strictObject({ from: z.number().int(), to: z.number().int() }).nullable(),
        cursor: z
          .strictObject({
            column: z.string(),
            over: z.strictObject({ value: cursorValue, inclusive: z.boolean() }).nullable(),
            upTo: cursorValue.nullable(),
          })
          .nullable()
          .default(null),
      }),
      z.strictObject({ kind: z.literal('rejects'), parts: z.array(rejectsPart) }),
    ]),
    fingerprint: z.string().nullable().default(null),
    reuse: extractReference.nullable().default(null),
  }),
  z.strictObject({ kind: z.literal('model'), id: z.string(), dependsOn, model: z.string() }),
  z.strictObject({ kind: z.literal('check'), id: z.string(), dependsOn, table: z.string() }),
  z.strictObject({ kind: z.literal('load'), id: z.string(), dependsOn, destination: count }),
]) satisfies z.ZodType<Task>;

const disposition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('append') }),
  z.strictObject({ kind: z.literal('replace') }),
  z.strictObject({ kind: z.literal('merge'), key: z.array(z.string()) }),
]) satisfies z.ZodType<Disposition>;

const destination = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('sqlite'), path: z.string() }),
  z.strictObject({ type: z.literal('files'), path: z.string(), format: z.enum(['csv', 'parquet']) }),
]) satisfies z.ZodType<Destination>;

const rejectLimit = { maxRows: count.nullable(), maxRatio: z.number().nullable() };

const planV1 = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  pipeline: z.string(),
  bundle: z.string(),
  baseDir: z.string(),
  codeVersion: z.string(),
  plannedAt: z.string(),
  batch: z.strictObject({ rows: count, bytes: count }),
  rejects: z.strictObject({
    ...rejectLimit,
    sources: z
      .array(z.strictObject({ source: z.string(), ...rejectLimit, byDefault: z.boolean() }))
      .default([]),
  }),
  inputs: z.array(
    z.strictObject({
      source: z.string(),
      path: z.string(),
      name: z.string(),
      sizeBytes: count,
      modifiedMs: z.number(),
      changedMs: z.number().default(0),
      inode: z.string().default(''),
      sha256: z.string(),
      hashedAt: z.string().default(''),
      inUse: z.boolean().default(false),
      compression: z.enum(['none', 'gzip', 'zstd']),
      layout: inputLayout,
    }),
  ),
  sources: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(SOURCE_TYPES),
      records: steps.nullable(),
      members: z.boolean().default(false),
      csv: csvOptions.nullable(),
      decoding: decoding.default(DEFAULT_DECODING),
    }),
  ),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      source: z.string(),
      key: z.array(z.string()),
      each: steps.nullable(),
      columns: z.array(column),
      inferred: z.boolean(),
      query: z.string().nullable(),
      relation: z.string(),
      contract: contract.optional(),
    }),
  ),
  models: z.array(
    z.strictObject({
      name: z.string(),
      sql: z.string(),
      file: z.string(),
      dependsOn,
      load: disposition.nullable(),
    }),
  ),
  destinations: z.array(destination),
  cursors: z
    .array(
      z.strictObject({
        source: z.string(),
        table: z.string(),
        file: z.string(),
        column: z.string(),
        found: z.array(z.strictObject({ column: z.string(), value: cursorValue }).nullable()),
        after: cursorValue.nullable(),
        upTo: cursorValue.nullable(),
      }),
    )
    .default([]),
  checks: z.array(plannedCheck).default([]),
  baselines: z.array(baseline).default([]),
  drift: z.array(plannedDrift).default([]),
  tasks: z.array(task),
}) satisfies z.ZodType<Plan>;

/** Reads `runs/<run>/plan.json`. */
export function readPlan(content: Uint8Array, key: string): Plan {
  return readJson(planV1, 1, content, key);
}
