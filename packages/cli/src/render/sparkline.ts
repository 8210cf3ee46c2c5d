const BARS = '▁▂▃▄▅▆▇█';
/** For a value there is none of. */
const GAP = '·';

/**
 * One character per value, from the least to the greatest of them; values that are all the same are drawn in the middle.
 * Shares and counts stand on zero: `floor` is what the lowest bar means at most.
 */
export function sparkline(values: readonly (number | null)[], floor?: number): string {
  const known = values.filter((value) => value !== null);
  const least = Math.min(...known, floor ?? Infinity);
  const greatest = Math.max(...known);
  const bar = (value: number): string => {
    if (greatest === least) return value === 0 ? BARS.charAt(0) : BARS.charAt(3);
    return BARS.charAt(Math.round(((value - least) / (greatest - least)) * (BARS.length - 1)));
  };
  return values.map((value) => (value === null ? GAP : bar(value))).join('');
}
