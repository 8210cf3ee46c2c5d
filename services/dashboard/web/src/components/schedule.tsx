import type { Schedule } from '../../../src/api/pipeline.ts';
import { Status } from './status.tsx';
import { TimeAgo } from './time-ago.tsx';

/** When a pipeline runs by itself. */
export function NextTime({ schedule }: { readonly schedule: Schedule | null }) {
  if (schedule === null) return <span class="faint">—</span>;
  return (
    <span>
      {schedule.paused ? <Status status="paused" plain /> : <TimeAgo at={schedule.next_at} />}
      <span class="sub mono">
        {schedule.cron} {schedule.time_zone}
      </span>
    </span>
  );
}
