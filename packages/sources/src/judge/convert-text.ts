import type { Column } from '@millrace/shared/core/pipeline';

import type { Dialect } from './dialect.ts';
import { NUMERIC_OF, type Numeric } from './numeric.ts';
import { refusals, type Convert } from './refusal.ts';

/** Text as it is. A number is taken by its source text, as `Title: 300` means a title, unless the column is strict. */
export function textConverter(column: Column, dialect: Dialect): Convert {
  const refused = refusals(column.strict ? 'text, not a number' : 'text');
  const numericOf = column.strict || dialect === 'csv' ? () => null : NUMERIC_OF[dialect];
  return (value) => {
    if (typeof value === 'string') return value;
    const numeric = numericOf(value);
    if (numeric === null) return refused.type_mismatch;
    if (typeof numeric === 'number' && !Number.isFinite(numeric)) return refused.number_out_of_range;
    return dialect === 'sqlite' ? sqliteText(numeric) : String(numeric);
  };
}

/** SQLite shows a REAL with a point, which tells 5.0 from the INTEGER 5. */
function sqliteText(numeric: Numeric): string {
  const text = String(numeric);
  return typeof numeric === 'number' && /^-?\d+$/.test(text) ? `${text}.0` : text;
}
