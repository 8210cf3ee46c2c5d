import { CONTRACT_ACTIONS, type ContractRecord } from '../core/contract-record.ts';
import { z } from '../npm/zod.ts';
import { plannedDrift } from './drift-v1.ts';
import { readJson } from './read-json.ts';

const contractRecord = z.strictObject({
  id: z.string(),
  pipeline: z.string(),
  action: z.enum(CONTRACT_ACTIONS),
  by: z.string(),
  recordedAt: z.string(),
  drift: z.array(plannedDrift),
}) satisfies z.ZodType<ContractRecord>;

const recordV1 = z.strictObject({ v: z.literal(1), record: contractRecord });
const recordsV1 = z.strictObject({ v: z.literal(1), contracts: z.array(contractRecord) });

/** Reads `contracts/<pipeline>/<id>.json` of the bucket. */
export function readContractRecord(content: Uint8Array, key: string): ContractRecord {
  return readJson(recordV1, 1, content, key).record;
}

/** Reads `_millrace_contracts.json` of a destination of files. */
export function readContractRecords(content: Uint8Array, file: string): readonly ContractRecord[] {
  return readJson(recordsV1, 1, content, file, 'destination_unavailable').contracts;
}
