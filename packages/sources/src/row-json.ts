import { toJsonText } from './judge/json-text.ts';
import { ExactNumber, type SourceValue } from './source-value.ts';

/**
 * A row as JSON text, for sources whose rows have no text of their own. What JSON cannot hold becomes a string:
 * bytes as hex digits, `NaN` and infinities by their names.
 */
export function rowJson(names: readonly string[], values: ArrayLike<SourceValue>): string {
  const fields = names.map((name, index) => {
    const value = values[index] ?? null;
    return `${JSON.stringify(name)}:${toJsonText(value) ?? JSON.stringify(value, replaceForeign)}`;
  });
  return `{${fields.join(',')}}`;
}

/** Only for values of which `toJsonText` has said that they hold something that JSON cannot. */
function replaceForeign(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
    return String(value);
  return value;
}
