import { parseJson } from '../json/parse-json.ts';
import type { Dialect } from './dialect.ts';
import { toJsonText } from './json-text.ts';
import { Refusal, refusals, type Convert } from './refusal.ts';

/** Any value as JSON text. CSV and SQLite hold JSON as text, which must then be JSON. */
export function jsonConverter(dialect: Dialect): Convert {
  const refused = refusals('a value that JSON can hold');
  const asText = dialect === 'csv' || dialect === 'sqlite';
  return (value) => {
    if (!asText || typeof value !== 'string') return toJsonText(value) ?? refused.type_mismatch;
    const parsed = parseJson(value);
    if (!parsed.ok) return new Refusal(parsed.reason, `JSON text (${parsed.message})`);
    return toJsonText(parsed.value) ?? refused.type_mismatch;
  };
}
