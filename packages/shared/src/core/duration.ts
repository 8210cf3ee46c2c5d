const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};
const DURATION = /^(\d{1,6}) *(second|minute|hour|day|week)s?$/;

/** The seconds of a duration such as `2 days`; null for anything else. */
export function parseDuration(written: string): number | null {
  const [, count, unit] = DURATION.exec(written.trim()) ?? [];
  if (count === undefined || unit === undefined) return null;
  return Number(count) * (SECONDS[unit] ?? 0);
}
