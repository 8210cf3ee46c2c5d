import { useEffect, useState } from 'preact/hooks';

import { formatDuration, formatExact, formatRelative } from '../format/time.ts';

const TICK = 'millrace:tick';
// One clock for the page: times beside each other change at the same moment.
setInterval(() => {
  if (document.visibilityState === 'visible') dispatchEvent(new Event(TICK));
}, 1000);

/** The time of the browser in milliseconds, every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    addEventListener(TICK, tick);
    return () => removeEventListener(TICK, tick);
  }, []);
  return now;
}

/** How long ago, with the exact time on hover. */
export function TimeAgo({ at }: { readonly at: string | null }) {
  const now = useNow();
  if (at === null) return <span class="faint">—</span>;
  return (
    <time dateTime={at} title={formatExact(at)} class="nowrap tabular">
      {formatRelative(Date.parse(at), now)}
    </time>
  );
}

/** A duration that grows while what it measures goes on. */
export function Elapsed({
  since,
  durationMs,
}: {
  readonly since: string;
  readonly durationMs: number | null;
}) {
  const now = useNow();
  return (
    <span class="nowrap tabular" title={`since ${formatExact(since)}`}>
      {formatDuration(durationMs ?? Math.max(0, now - Date.parse(since)))}
    </span>
  );
}
