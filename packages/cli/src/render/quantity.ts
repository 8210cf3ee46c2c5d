import { formatCount } from '@millrace/shared/core/format-count';

export { formatCount };

/** `1 row`, `2 rows`, `1 batch`, `2 batches`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${formatCount(count)} ${noun}${/(s|x|ch|sh)$/.test(noun) ? 'es' : 's'}`;
}

/** `320 ms`, `4.2 s`, `1 min 05 s`, `2 h 03 min`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** `0:07`, `12:30`, `1:02:03`: for times that tick on the screen. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
}

/** A share of a whole with as many digits as it needs: `0.03 %`, `1.2 %`, `45 %`. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  const digits = percent >= 10 ? 0 : percent < 1 ? 2 : 1;
  return `${Number(percent.toFixed(digits))} %`;
}

/** An ISO time as people read it, in UTC and to the second: `2026-11-22 06:00:00`. */
export function formatTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
