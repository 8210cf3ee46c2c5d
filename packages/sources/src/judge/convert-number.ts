import type { SourceValue } from '../source-value.ts';
import type { Dialect } from './dialect.ts';
import { NUMERIC_OF, numberText, toDecimal, toDouble, toInteger, type Numeric } from './numeric.ts';
import { refusals, type Convert } from './refusal.ts';

export function integerConverter(dialect: Dialect): Convert {
  const numericOf = NUMERIC_OF[dialect];
  const refused = refusals(`a 64-bit integer${notQuoted(dialect)}`);
  return (value) => {
    const numeric = numericOf(value);
    const integer = numeric === null ? 'type_mismatch' : toInteger(numeric);
    return typeof integer === 'bigint' ? integer : refused[integer];
  };
}

export function doubleConverter(dialect: Dialect): Convert {
  const numericOf = NUMERIC_OF[dialect];
  const refused = refusals(`a number that a 64-bit float can hold${notQuoted(dialect)}`);
  return (value) => {
    const numeric = numericOf(value);
    const double = numeric === null ? 'type_mismatch' : toDouble(numeric);
    return typeof double === 'number' ? double : refused[double];
  };
}

export function decimalConverter(precision: number, scale: number, dialect: Dialect): Convert {
  const numericOf = dialect === 'sqlite' ? sqliteDecimal : NUMERIC_OF[dialect];
  const size = `${precision} digits, ${scale} of them after the point`;
  const refused = refusals(`a number of at most ${size}${notQuoted(dialect)}`);
  return (value) => {
    const numeric = numericOf(value);
    const unscaled = numeric === null ? 'type_mismatch' : toDecimal(numeric, precision, scale);
    return typeof unscaled === 'bigint' ? unscaled : refused[unscaled];
  };
}

/** SQLite has no decimals, so careful applications keep them as text. */
function sqliteDecimal(value: SourceValue): Numeric | null {
  return typeof value === 'string' ? numberText(value) : NUMERIC_OF.sqlite(value);
}

/** What surprises about JSON: "12.50" is text. */
function notQuoted(dialect: Dialect): string {
  return dialect === 'json' ? ', not in quotes' : '';
}
