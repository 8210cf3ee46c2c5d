const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `2 days 3 hours`: the two largest units that are not 0. */
export function formatAge(ageMs: number): string {
  if (ageMs < 0) return `minus ${formatAge(-ageMs)}`;
  let restMs = ageMs;
  const parts = UNITS.flatMap(([unit, unitMs]) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? '0 seconds' : parts.slice(0, 2).join(' ');
}
