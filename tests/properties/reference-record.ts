import type { StagedTable } from '@millrace/shared/core/plan';
import type { CsvLayout } from '@millrace/sources/csv/read-csv-records';

import { judgeText } from '../fuzz/json-oracle.mjs';
import { judgeByReference, type PlacedFault } from '../fuzz/reference-judge.mjs';
import { rowText } from './reading.ts';
import type { SourceFile } from './source-file.ts';

/** What has to become of the bytes of one record, worked out without the product's code. */
export type RecordFate =
  | { readonly rows: readonly (readonly string[])[] }
  /** One of the reasons; the fields that fail are known only where the record could be read. */
  | { readonly reasons: readonly string[]; readonly faults: readonly PlacedFault[] };

/** @param last whether the file ends right behind the record */
export function fateOfJson(raw: Uint8Array, tables: readonly StagedTable[], last: boolean): RecordFate {
  const text = judgeText(raw);
  if (text.ok) return fateOfVerdict(judgeByReference(text.value, tables, 'json'));
  return { reasons: last ? ['truncated_record', ...text.reasons] : text.reasons, faults: [] };
}

export function fateOfCsv(
  raw: Uint8Array,
  { source, tables }: SourceFile,
  layout: CsvLayout,
  last: boolean,
): RecordFate {
  const cut = last ? ['truncated_record'] : [];
  const fields = splitCsv(Buffer.from(raw).toString('latin1'), layout.delimiter, source.quote ?? '"');
  const broken = ['csv_bad_quote', 'csv_unterminated_quote', ...cut];
  if (fields === null) return { reasons: broken, faults: [] };
  if (raw.includes(0)) return { reasons: ['nul_byte'], faults: [] };
  const texts = fields.map((field) => ({ ...field, text: decode(field.bytes) }));
  if (texts.some(({ text }) => text === null)) return { reasons: ['invalid_utf8'], faults: [] };
  if (texts.length > layout.header.length) return { reasons: ['csv_too_many_fields'], faults: [] };
  if (texts.length < layout.header.length) return { reasons: ['csv_too_few_fields', ...cut], faults: [] };
  const isNull = (text: string, quoted: boolean) =>
    !quoted && (text === '' || (source.nulls ?? []).includes(text));
  const members = layout.header.map((name, index): [string, string | null] => {
    const { text, quoted } = texts[index] ?? { text: '', quoted: false };
    return [name, isNull(text ?? '', quoted) ? null : text];
  });
  return fateOfVerdict(judgeByReference({ members }, tables, 'csv'));
}

function fateOfVerdict(verdict: ReturnType<typeof judgeByReference>): RecordFate {
  if (verdict.ok) return { rows: verdict.rows.map((rows) => rows.map(rowText)) };
  return { reasons: verdict.reason.split('|'), faults: verdict.faults };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(latin1: string): string | null {
  try {
    return decoder.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return null;
  }
}

/** The fields of a record, each character one byte; null when its quotes are not as RFC 4180 has them. */
function splitCsv(
  record: string,
  delimiter: string,
  quote: string,
): { bytes: string; quoted: boolean }[] | null {
  const [d, q] = [delimiter, quote].map(
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  const field = new RegExp(`(?:${q}((?:[^${q}]|${q}${q})*)${q}|([^${q}${d}]*))(${d}|$)`, 'sy');
  const fields: { bytes: string; quoted: boolean }[] = [];
  for (;;) {
    const found = field.exec(record);
    if (found === null) return null;
    const [, quoted, plain = '', end] = found;
    fields.push({ bytes: quoted?.replaceAll(quote + quote, quote) ?? plain, quoted: quoted !== undefined });
    if (end === '') return fields;
  }
}
