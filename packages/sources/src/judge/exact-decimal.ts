/** A decimal number without rounding: ±`digits` × 10^`exponent`, `digits` without zeros at either end; '' is zero. */
export interface ExactDecimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const NUMBER = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;

/** Whether a text is a number: as JSON writes one, or with a leading plus or zeros, or with a bare point (`.5`, `5.`). */
export function isNumberText(text: string): boolean {
  return NUMBER.test(text);
}

/** Null when the text is not a number. The cost does not depend on the exponent, so `1e999999999` is harmless. */
export function parseExactDecimal(text: string): ExactDecimal | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', afterWhole, bare, power = '0'] = match;
  const fraction = afterWhole ?? bare ?? '';
  const all = whole + fraction;
  let first = 0;
  while (all[first] === '0') first += 1;
  let end = all.length;
  while (end > first && all[end - 1] === '0') end -= 1;
  return {
    negative: sign === '-',
    digits: all.slice(first, end),
    exponent: Number(power) - fraction.length + (all.length - end),
  };
}

/**
 * The number × 10^`scale`, if that is whole and has at most `precision` digits.
 * @param precision bounds the work as well: at most about 40
 */
export function scaleExactly(
  decimal: ExactDecimal,
  precision: number,
  scale: number,
): bigint | 'number_out_of_range' | 'number_precision_loss' {
  const { digits, exponent, negative } = decimal;
  if (digits === '') return 0n;
  const zeros = exponent + scale;
  if (digits.length + zeros > precision) return 'number_out_of_range';
  if (zeros < 0) return 'number_precision_loss';
  const scaled = BigInt(digits) * 10n ** BigInt(zeros);
  return negative ? -scaled : scaled;
}
