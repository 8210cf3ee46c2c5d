import { CONTRACT_MODES, type Contract } from '../core/contract.ts';
import type { DriftRecord } from '../core/drift-record.ts';
import { DRIFT_KINDS, type DriftCount, type MetDrift, type PlannedDrift } from '../core/drift.ts';
import type { DriftRecordFile } from '../core/published-record.ts';
import { z } from '../npm/zod.ts';
import { readJson } from './read-json.ts';

const count = z.number().int().min(0);
const kind = z.enum(DRIFT_KINDS);
const columnsMode = z.enum(['report', ...CONTRACT_MODES]);

export const contract = z.strictObject({
  newColumns: columnsMode,
  missingColumns: columnsMode,
  changedTypes: z.enum(CONTRACT_MODES),
  ignored: z.array(z.array(z.union([z.string(), z.number()]))),
}) satisfies z.ZodType<Contract>;

export const plannedDrift = z.strictObject({
  table: z.string(),
  kind,
  column: z.string(),
  path: z.string(),
  declared: z.string().nullable(),
  found: z.string().nullable(),
  rows: count,
  sampledRows: count,
  example: z.string().nullable(),
  mode: columnsMode,
}) satisfies z.ZodType<PlannedDrift>;

export const metDrift = z.strictObject({
  ...plannedDrift.shape,
  rows: count.nullable(),
  sampledRows: count.nullable(),
}) satisfies z.ZodType<MetDrift>;

export const driftCount = z.strictObject({
  table: z.string(),
  kind,
  path: z.string(),
  values: count,
  example: z.string().nullable(),
}) satisfies z.ZodType<DriftCount>;

const driftRecord = z.strictObject({
  ...metDrift.shape,
  values: count,
}) satisfies z.ZodType<DriftRecord>;

const driftFileV1 = z.strictObject({
  v: z.literal(1),
  drift: z.array(driftRecord),
}) satisfies z.ZodType<DriftRecordFile>;

/** Reads `_millrace_drift.json` of a destination of files. */
export function readDriftRecord(content: Uint8Array, file: string): DriftRecordFile {
  return readJson(driftFileV1, 1, content, file, 'destination_unavailable');
}
