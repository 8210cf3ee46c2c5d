import { z } from '../npm/zod.ts';

/**
 * A line of the rejects that a person has exported, mended and given back. Only what tells the record, and its bytes,
 * are looked at; the rest is there for the person.
 */
const mendedRecord = z.object({
  source: z.string(),
  table: z.string().nullable(),
  file: z.string(),
  record_number: z.number().int(),
  raw: z
    .string()
    .refine((text) => !/\p{Surrogate}/u.test(text), 'half a surrogate pair, which no UTF-8 can hold')
    .nullable(),
  raw_base64: z.base64().nullable().default(null),
});

export interface MendedRecord {
  readonly source: string;
  readonly table: string | null;
  readonly file: string;
  readonly recordNumber: number;
  readonly raw: Uint8Array;
}

/** The record of a line, or what is wrong with it in one sentence. */
export function readMendedRecord(text: string): MendedRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'The line is not JSON.';
  }
  const parsed = mendedRecord.safeParse(json);
  if (!parsed.success) return z.prettifyError(parsed.error).replaceAll('\n', ' ');
  const { source, table, file, record_number: recordNumber, raw, raw_base64: base64 } = parsed.data;
  if (raw === null && base64 === null) return 'The line has no `raw`.';
  return {
    source,
    table,
    file,
    recordNumber,
    raw: raw === null ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(raw),
  };
}
