import { ExactNumber, type SourceValue } from '../source-value.ts';

/** The text of a number, however its source holds it; null for what is no number. */
export function numberOf(value: SourceValue): string | null {
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value.trim())
    ? value.trim()
    : null;
}

/** Digits after the point, and digits in all; zeros at either end do not count. Infinite for an exponent. */
export function digitsOf(number: string): { places: number; significant: number } {
  if (/[eE]/.test(number)) return { places: Infinity, significant: Infinity };
  const places = (number.split('.')[1] ?? '').replace(/0+$/, '').length;
  return { places, significant: number.replace(/[-+.]/g, '').replace(/^0+|0+$/g, '').length };
}
