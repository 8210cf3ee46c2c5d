import { isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';
import { fitOf, fittingKind } from './fitting-type.ts';

/**
 * Whether the first line names the columns, rather than being a record: it is one when all of it fits the columns
 * below, and they are not all text. Years may be names: `country,1990,1991`.
 */
export function guessHeader(header: readonly string[], samples: readonly SourceValue[]): boolean {
  const columns = header.map((name) => ({ name, kind: fittingKind(columnValues(samples, name), 'csv') }));
  const typed = columns.filter(({ kind }) => kind !== 'text');
  if (samples.length === 0 || typed.length === 0) return true;
  const years = typed.filter(({ name }) => /^(19|20)\d\d$/.test(name));
  if (years.length > 1 && new Set(years.map(({ name }) => name)).size === years.length) return true;
  return !typed.every(({ name, kind }) => fitOf(kind, 'csv')(name));
}

/** Words by which people and programs say that there is no value. */
const NULL_WORDS = new Set(['na', 'n/a', '#n/a', 'nan', 'null', 'none', 'nil', '-', '--', '?', '\\n']);

/**
 * Words that stand for null in columns of numbers or times, which would be columns of text because of them. A word that
 * stands in a text column of other rows too, as NA does for Namibia, may mean something there and is left alone.
 */
export function guessNulls(samples: readonly SourceValue[]): string[] {
  const rows = samples.filter(isSourceObject);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const typed = names.filter((name) => becomesTyped(rows.map((row) => row[name] ?? null)));
  const found = new Set<string>();
  const meant = new Set<string>();
  for (const row of rows) {
    const nulls = typed.map((name) => row[name] ?? null).filter(isNullWord);
    for (const word of nulls) found.add(word);
    if (nulls.length > 0) continue;
    for (const name of names)
      if (!typed.includes(name)) for (const word of [row[name] ?? null].filter(isNullWord)) meant.add(word);
  }
  return [...found].filter((word) => !meant.has(word)).sort();
}

function becomesTyped(values: readonly SourceValue[]): boolean {
  const known = values.filter((value) => value !== null);
  const others = known.filter((value) => !isNullWord(value));
  return others.length > 0 && others.length < known.length && fittingKind(others, 'csv') !== 'text';
}

function isNullWord(value: SourceValue): value is string {
  return typeof value === 'string' && NULL_WORDS.has(value.toLowerCase());
}

function columnValues(samples: readonly SourceValue[], name: string): SourceValue[] {
  return samples.flatMap((row) => {
    const value = isSourceObject(row) ? row[name] : null;
    return value === null || value === undefined ? [] : [value];
  });
}
