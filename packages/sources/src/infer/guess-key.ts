import type { Column } from '@millrace/shared/core/pipeline';

import { compilePath, isSourceObject, type WrongTurn } from '../judge/read-path.ts';
import { ExactNumber, type SourceValue } from '../source-value.ts';
import { nameWords, saysIdentifier } from './name-words.ts';

/** One row proves nothing. */
const FEWEST_ROWS = 2;

/**
 * The columns that evidently identify a row: one named like an id, of which no sampled value is missing or stands
 * twice; of a table of nothing but two ids, both together. None in doubt.
 * @param subject what the table is about: of several ids `order_id` is the one of orders
 */
export function guessKey(
  subject: string,
  columns: readonly Column[],
  samples: readonly SourceValue[],
): string[] {
  const rows = samples.filter(isSourceObject);
  if (rows.length < FEWEST_ROWS) return [];
  const ids = columns.filter(isIdentifier);
  const unique = ids.filter((column) => areUnique([column], rows));
  const [key] = unique.sort((one, other) => rank(one.name, subject) - rank(other.name, subject));
  if (key !== undefined) return [key.name];
  const isLink = ids.length === 2 && columns.length === 2 && areUnique(ids, rows);
  return isLink ? ids.map((column) => column.name) : [];
}

function isIdentifier({ name, type, path }: Column): boolean {
  return (type.kind === 'integer' || type.kind === 'text') && path.from === 'record' && saysIdentifier(name);
}

function areUnique(columns: readonly Column[], samples: readonly SourceValue[]): boolean {
  const reads = columns.map(({ path }) => compilePath(path.steps));
  const seen = new Set<string>();
  for (const sample of samples) {
    const parts = reads.map((read) => scalarText(read(sample)));
    if (parts.includes(null)) return false;
    seen.add(JSON.stringify(parts));
  }
  return seen.size === samples.length;
}

function scalarText(value: SourceValue | undefined | WrongTurn): string | null {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : null;
}

function rank(name: string, subject: string): number {
  const words = nameWords(name);
  if (words.length === 1) return 0;
  const about = nameWords(subject).join('');
  return about.startsWith(words.slice(0, -1).join('').replace(/y$/, '')) ? 1 : 2;
}

/**
 * The column by which rows of a child table name their record; one that is called an id is preferred. A few repeated or
 * missing values do not speak against it: real exports have records that were sent twice.
 */
export function findIdentifier(columns: readonly Column[], samples: readonly SourceValue[]): Column | null {
  const rows = samples.filter(isSourceObject);
  const candidates = columns.filter(
    ({ type, path }) =>
      (type.kind === 'integer' || type.kind === 'text') && tellsApart(rows.map(compilePath(path.steps))),
  );
  return candidates.find(({ name }) => saysIdentifier(name)) ?? candidates[0] ?? null;
}

const DISTINCT_SHARE = 0.99;

function tellsApart(values: readonly (SourceValue | undefined | WrongTurn)[]): boolean {
  const scalars = values.map(scalarText).filter((value) => value !== null);
  return values.length > 0 && new Set(scalars).size >= values.length * DISTINCT_SHARE;
}
