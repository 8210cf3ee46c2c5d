import type { Tone } from './status.tsx';

/** @param fraction 0 to 1 */
export function Meter({
  label,
  fraction,
  tone,
}: {
  readonly label: string;
  readonly fraction: number;
  readonly tone: Tone;
}) {
  const percent = Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <span
      class="meter"
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span style={{ width: `${percent}%` }} />
    </span>
  );
}
