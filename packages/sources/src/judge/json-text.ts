import { keysInOrder } from '../json/json-object.ts';
import { ExactNumber, type SourceValue } from '../source-value.ts';

/**
 * A value as JSON text: no blanks, keys in their order, numbers as the source wrote them, only those escapes that
 * JSON demands. A NaN or infinity, or bytes, have no JSON text and give null, whatever they are nested in.
 */
export function toJsonText(value: SourceValue): string | null {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : null;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Uint8Array) return null;
  return Array.isArray(value) ? arrayText(value) : objectText(value as Readonly<Record<string, SourceValue>>);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function arrayText(array: readonly SourceValue[]): string | null {
  let text = '';
  for (const element of array) {
    const part = toJsonText(element);
    if (part === null) return null;
    text += text === '' ? part : `,${part}`;
  }
  return `[${text}]`;
}

function objectText(object: Readonly<Record<string, SourceValue>>): string | null {
  let text = '';
  for (const key of keysInOrder(object)) {
    const part = toJsonText(object[key] ?? null);
    if (part === null) return null;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${part}`;
  }
  return `{${text}}`;
}
