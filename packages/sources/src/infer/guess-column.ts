import type { ColumnType } from '@millrace/shared/core/column-type';

import { compileColumn } from '../judge/compile-column.ts';
import { describeValue } from '../judge/describe-value.ts';
import type { Dialect } from '../judge/dialect.ts';
import { Refusal } from '../judge/refusal.ts';
import type { SourceValue } from '../source-value.ts';
import { describeShortly, explainJson, explainText } from './explain-guess.ts';
import { fitOf, fittingKind, inferredColumn, type InferredKind } from './fitting-type.ts';
import { areDigitDays, guessTimeFormats } from './guess-time-format.ts';
import type { TypeGuess } from './type-guess.ts';
import { saysCode, saysMoney, saysTime } from './name-words.ts';
import { digitsOf, numberOf } from './number-text.ts';

/** As money has them, and as exchange rates and prices per litre do. */
const MONEY_SCALES = { least: 2, most: 4 } as const;
const MONEY_PRECISION = 18;
/** Digits that a SQLite destination keeps of a decimal. */
const KEPT_DIGITS = 15;

/**
 * Takes the values of a field for what a person would: money, times, flags, codes. In doubt it is the wider type, since
 * a type that is too narrow rejects records, and one that is too wide can be corrected in a model.
 * @param values without nulls
 */
export function guessType(name: string, values: readonly SourceValue[], dialect: Dialect): TypeGuess {
  if (values.length === 0) return plain({ kind: 'text' }, 'no value in any sampled record');
  const kind = plausibleKind(name, values, dialect);
  const mistakes = kind === 'text' || kind === 'json' ? findMistakes(values, dialect) : null;
  if (mistakes !== null) return besideMistakes(guessType(name, mistakes.rest, dialect), mistakes, values);
  return firstThatFits(name, [refine(name, kind, values, dialect), plain({ kind })], values, dialect);
}

/**
 * As `guessType` for a column of SQLite, of which a type was found by what the database declares.
 * @param found the type that `columnsFromSqlite` gives
 */
export function guessStoredType(name: string, found: ColumnType, values: readonly SourceValue[]): TypeGuess {
  const guesses: TypeGuess[] = [];
  if (values.length > 0) {
    // A price that is declared as an integer is in cents, or not money.
    if (found.kind === 'integer' || found.kind === 'double')
      guesses.push(...present(guessEpoch(name, values)));
    if (found.kind === 'double') guesses.push(...present(guessMoney(name, 'double', values)));
    if (found.kind === 'text') guesses.push(...writtenTimes(values));
  }
  const isPlainText = found.kind === 'text' && values.length > 0;
  const itself = isPlainText ? explainText(name, values, 'sqlite') : plain(found);
  return firstThatFits(name, [...guesses, itself], values, 'sqlite');
}

/** What so few do among so many is a mistake, which a run should reject, and not a reason for a column of text. */
const MISTAKES = { amongValues: 10_000, share: 1 / 10_000 } as const;

interface Mistakes {
  readonly others: readonly SourceValue[];
  readonly rest: readonly SourceValue[];
}

/** Null in doubt: then the wider type is the better guess. */
function findMistakes(values: readonly SourceValue[], dialect: Dialect): Mistakes | null {
  if (values.length < MISTAKES.amongValues) return null;
  const textDialect = dialect === 'csv' ? 'csv' : 'json';
  for (const kind of ['integer', 'double', 'boolean', 'date', 'timestamp', 'text'] as const) {
    const fits = fitOf(kind, textDialect);
    const others = values.filter((value) => !fits(value));
    if (others.length === 0) return null;
    if (others.length <= values.length * MISTAKES.share) return { others, rest: values.filter(fits) };
  }
  return null;
}

function besideMistakes(guess: TypeGuess, { others }: Mistakes, values: readonly SourceValue[]): TypeGuess {
  const example = describeShortly(others[0] ?? null);
  const told = `${others.length} of ${values.length} are something else, such as ${example}: they will be rejected`;
  return { ...guess, note: guess.note === null ? told : `${guess.note}; ${told}` };
}

function writtenTimes(values: readonly SourceValue[]): TypeGuess[] {
  const kind = fittingKind(values, 'json');
  return kind === 'date' || kind === 'timestamp' ? [plain({ kind })] : present(guessWrittenTime(values));
}

function firstThatFits(
  name: string,
  guesses: readonly TypeGuess[],
  values: readonly SourceValue[],
  dialect: Dialect,
): TypeGuess {
  return guesses.find((guess) => takesAll(guess, values, dialect)) ?? explainText(name, values, dialect);
}

function present<T>(value: T | null): T[] {
  return value === null ? [] : [value];
}

/** The type that fits, unless it is one that only happens to. */
function plausibleKind(name: string, values: readonly SourceValue[], dialect: Dialect): InferredKind {
  const kind = fittingKind(values, dialect === 'csv' ? 'csv' : 'json');
  if (dialect !== 'csv') return kind === 'integer' && values.some(isWrittenWithPoint) ? 'double' : kind;
  const texts = values.map(String);
  if (kind === 'integer' || kind === 'double') {
    // A plus sign belongs to telephone numbers; zip codes of other places begin with a zero.
    if (saysCode(name) || texts.some((text) => text.startsWith('+'))) return 'text';
    return texts.some((text) => /[.eE]/.test(text)) ? 'double' : kind;
  }
  // NO is a country, and f a sex, unless the other word is there too.
  const found = new Set(texts.map((text) => text.trim().toLowerCase()));
  const isFlag = BOOLEAN_PAIRS.some((pair) => pair.every((word) => found.has(word)));
  return kind === 'boolean' && !isFlag && !found.has('true') && !found.has('false') ? 'text' : kind;
}

const BOOLEAN_PAIRS = [
  ['yes', 'no'],
  ['t', 'f'],
] as const;

function isWrittenWithPoint(value: SourceValue): boolean {
  return /[.eE]/.test(numberOf(value) ?? '');
}

function refine(
  name: string,
  kind: InferredKind,
  values: readonly SourceValue[],
  dialect: Dialect,
): TypeGuess {
  switch (kind) {
    case 'integer':
    case 'double':
      return (
        guessEpoch(name, values) ??
        guessDigitDays(name, values) ??
        guessMoney(name, kind, values) ??
        plain({ kind })
      );
    case 'text':
      return guessWrittenTime(values) ?? explainText(name, values, dialect);
    case 'json':
      return explainJson(values);
    default:
      return plain({ kind });
  }
}

/** Both the name and all the numbers must say it: counts are as large, and ids too. */
function guessEpoch(name: string, values: readonly SourceValue[]): TypeGuess | null {
  if (!saysTime(name)) return null;
  const numbers = values.map((value) => Number(numberOf(value)));
  const unit = EPOCHS.find(({ from, to }) => numbers.every((number) => number >= from && number < to));
  if (unit === undefined) return null;
  const note = `by its name; all values are ${unit.words}, within 1990 to 2099`;
  return { type: { kind: 'timestamp' }, format: unit.format, note };
}

const FROM_SECONDS = Date.UTC(1990, 0) / 1000;
const TO_SECONDS = Date.UTC(2100, 0) / 1000;
const EPOCHS = [
  { format: 'epoch_s', words: 'seconds since 1970', from: FROM_SECONDS, to: TO_SECONDS },
  { format: 'epoch_ms', words: 'milliseconds since 1970', from: FROM_SECONDS * 1000, to: TO_SECONDS * 1000 },
] as const;

function guessDigitDays(name: string, values: readonly SourceValue[]): TypeGuess | null {
  if (!saysTime(name) || !areDigitDays(values)) return null;
  return { type: { kind: 'date' }, format: '%Y%m%d', note: 'by its name, and because all values are days' };
}

function guessMoney(
  name: string,
  kind: 'integer' | 'double',
  values: readonly SourceValue[],
): TypeGuess | null {
  const says = saysMoney(name);
  if (says === 'no' || (says === 'perhaps' && kind === 'integer')) return null;
  const digits = values.map((value) => digitsOf(numberOf(value) ?? ''));
  const places = digits.reduce((most, found) => Math.max(most, found.places), 0);
  const significant = digits.reduce((most, found) => Math.max(most, found.significant), 0);
  if (places > MONEY_SCALES.most || significant > KEPT_DIGITS) return null;
  const scale = Math.max(MONEY_SCALES.least, places);
  const type = { kind: 'decimal', precision: MONEY_PRECISION, scale } as const;
  const seen = places === 0 ? 'all values are whole' : `no value has more than ${places} decimals`;
  return plain(type, `money by its name; ${seen}`);
}

function guessWrittenTime(values: readonly SourceValue[]): TypeGuess | null {
  const [first, second] = guessTimeFormats(values);
  if (first === undefined) return null;
  if (second === undefined) return { type: { kind: first.kind }, format: first.format, note: null };
  const note = `a ${first.kind}, but ${describeValue(values[0] ?? null)} can be read as ${first.format} and as ${second.format}: with type: ${first.kind}, say which as format:`;
  return plain({ kind: 'text' }, note);
}

function takesAll({ type, format }: TypeGuess, values: readonly SourceValue[], dialect: Dialect): boolean {
  const { convert } = compileColumn(inferredColumn('', [], type, format), dialect);
  return values.every((value) => !(convert(value) instanceof Refusal));
}

function plain(type: ColumnType, note: string | null = null): TypeGuess {
  return { type, format: null, note };
}
