import { z } from 'zod';

import { CONTRACT_MODES, type Contract } from '../core/contract.ts';
import { DRIFT_KINDS, type DriftCount, type PlannedDrift } from '../core/drift.ts';

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

export const driftCount = z.strictObject({
  table: z.string(),
  kind,
  path: z.string(),
  values: count,
  example: z.string().nullable(),
}) satisfies z.ZodType<DriftCount>;
