const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const share = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 2 });

/** `1,234,567` */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1.2M`, for axes and narrow places; the whole number belongs in a title beside it. */
export function formatShort(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

/** `0.25%` of a share between 0 and 1; what is not nothing never reads as `0%`. */
export function formatShare(value: number): string {
  if (value > 0 && value < 0.0001) return '<0.01%';
  return share.format(value);
}

/** `1 row`, `2 rows`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `3.4 MB`, in powers of 1000. */
export function formatBytes(sizeBytes: number): string {
  let [value, unit] = [sizeBytes, 0];
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'TB'}`;
}
