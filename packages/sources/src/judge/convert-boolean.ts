import type { SourceValue } from '../source-value.ts';
import type { Dialect } from './dialect.ts';
import { trimmed } from './numeric.ts';
import { refusals, type Convert } from './refusal.ts';

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', '0'].map((word) => [word, false] as const),
]);

const EXPECTED: Readonly<Record<Dialect, string>> = {
  json: 'true or false, not in quotes',
  csv: 'one of true, false, t, f, yes, no, 1, 0',
  sqlite: '0 or 1',
  parquet: 'a boolean',
};

export function booleanConverter(dialect: Dialect): Convert {
  const refused = refusals(EXPECTED[dialect]);
  const booleanOf = dialect === 'csv' ? wordBoolean : dialect === 'sqlite' ? bitBoolean : plainBoolean;
  return (value) => booleanOf(value) ?? refused.type_mismatch;
}

function plainBoolean(value: SourceValue): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function wordBoolean(value: SourceValue): boolean | undefined {
  return typeof value === 'string' ? BOOLEAN_WORDS.get(trimmed(value).toLowerCase()) : undefined;
}

/** SQLite has no booleans: it keeps them as the integers 0 and 1. */
function bitBoolean(value: SourceValue): boolean | undefined {
  if (value === 0n) return false;
  return value === 1n ? true : undefined;
}
