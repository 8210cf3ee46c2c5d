import type { Dialect } from '../judge/dialect.ts';
import { describeValue } from '../judge/describe-value.ts';
import { isSourceObject } from '../judge/read-path.ts';
import { ExactNumber, type SourceValue } from '../source-value.ts';
import { fitOf, type InferredKind } from './fitting-type.ts';
import type { TypeGuess } from './type-guess.ts';
import { saysCode, saysIdentifier } from './name-words.ts';
import { numberOf } from './number-text.ts';
import { shortYearFormats } from './guess-time-format.ts';

const KIND_NAMES: readonly (readonly [InferredKind, string])[] = [
  ['integer', 'integers'],
  ['double', 'numbers'],
  ['date', 'dates'],
  ['timestamp', 'timestamps'],
];
const DECIMAL_COMMA = /^[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+$/;
const GROUPED = /^[-+(]?[$€£]?\s?\d{1,3}(,\d{3})*(\.\d+)?\)?$/;
const MAX_EXAMPLE = 24;

/** Text, with what stands in the way of a narrower type, so that a person can decide better. */
export function explainText(name: string, values: readonly SourceValue[], dialect: Dialect): TypeGuess {
  if (values.some(isContainer)) return explainJson(values);
  const isName = saysIdentifier(name) || saysCode(name);
  const written = isName ? null : numbersInText(values, dialect);
  const note = written ?? shortYears(values) ?? exceptions(values, dialect);
  return { type: { kind: 'text' }, format: null, note };
}

/** Anything as its JSON text. */
export function explainJson(values: readonly SourceValue[]): TypeGuess {
  const arrays = values.filter((value) => Array.isArray(value)).length;
  const objects = values.filter(isSourceObject).length;
  const found = [
    ...(arrays > 0 ? ['arrays'] : []),
    ...(objects > 0 ? ['objects'] : []),
    ...(arrays + objects < values.length ? ['single values'] : []),
  ];
  return { type: { kind: 'json' }, format: null, note: `${found.join(' and ')}, as JSON text` };
}

function isContainer(value: SourceValue): boolean {
  return Array.isArray(value) || isSourceObject(value);
}

/** Numbers that are not written as numbers. */
function numbersInText(values: readonly SourceValue[], dialect: Dialect): string | null {
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length < values.length) {
    const isLong = values.every((value) => /^-?\d+$/.test(numberOf(value) ?? ''));
    return isLong ? 'integers beyond 64 bits: text keeps every digit' : null;
  }
  const all = (pattern: RegExp) => texts.every((text) => pattern.test(text));
  if (all(DECIMAL_COMMA) || (all(/^[-+]?[\d.]+(,\d+)?$/) && texts.some((text) => text.includes(','))))
    return `numbers with a decimal comma; in a model: CAST(replace(replace(…, '.', ''), ',', '.') AS DECIMAL(18,2))`;
  if (all(GROUPED) && texts.some((text) => /[$€£,]/.test(text)))
    return `numbers with ${texts.some((text) => /[$€£]/.test(text)) ? 'a currency sign' : 'commas between thousands'}; in a model: CAST(regexp_replace(…, '[^0-9.-]', '', 'g') AS DECIMAL(18,2))`;
  if (dialect === 'csv')
    return all(/^\d+$/) && texts.some((text) => /^0\d/.test(text))
      ? 'digits with leading zeros, which a number would lose'
      : null;
  return all(/^-?\d+(\.\d+)?$/) ? 'numbers in quotes; in a model: CAST(… AS DECIMAL(18,2))' : null;
}

function shortYears(values: readonly SourceValue[]): string | null {
  const [format] = shortYearFormats(values);
  return format === undefined
    ? null
    : `dates with years of two digits; format: '${format}' reads 69 to 99 as 19xx and the others as 20xx`;
}

/** "3 of 3201 are not integers": told when most values are of one kind. */
function exceptions(values: readonly SourceValue[], dialect: Dialect): string | null {
  const numbers = values.filter(
    (value) => typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber,
  );
  if (dialect !== 'csv' && numbers.length > 0 && numbers.length * 2 < values.length)
    return `${numbers.length} of ${values.length} are numbers, of which text keeps the digits`;
  for (const [kind, words] of KIND_NAMES) {
    const fits = fitOf(kind, dialect === 'csv' ? 'csv' : 'json');
    const others = values.filter((value) => !fits(value));
    if (others.length * 2 < values.length && others[0] !== undefined)
      return `${others.length} of ${values.length} are not ${words}, such as ${describeShortly(others[0])}`;
  }
  return null;
}

/** A value for a comment. */
export function describeShortly(value: SourceValue): string {
  const text = describeValue(value);
  return text.length <= MAX_EXAMPLE ? text : `${text.slice(0, MAX_EXAMPLE)}…`;
}
