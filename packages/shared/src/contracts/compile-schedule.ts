import { didYouMean } from '../core/nearest-name.ts';
import type { Schedule } from '../core/schedule.ts';
import { isTimeZone, whyNoCron } from './cron.ts';
import { invalid, type Locate } from './locate.ts';
import type { PipelineFile } from './pipeline-file.ts';

/** Throws `pipeline_invalid` with file and line. */
export function compileSchedule({ schedule }: PipelineFile, locate: Locate): Schedule | null {
  if (schedule === undefined) return null;
  const {
    cron,
    time_zone: timeZone = 'UTC',
    overlap = false,
  } = typeof schedule === 'string' ? { cron: schedule } : schedule;
  const path = typeof schedule === 'string' ? ['schedule'] : ['schedule', 'cron'];
  const problem = whyNoCron(cron);
  if (problem !== null) {
    throw invalid(locate, path, {
      message: `'${cron}' is not a schedule: ${problem}.`,
      hint: 'Five fields: minute, hour, day of month, month, day of week. 0 6 * * 1-5 is at six on weekdays.',
    });
  }
  if (!isTimeZone(timeZone)) {
    throw invalid(locate, ['schedule', 'time_zone'], {
      message: `There is no time zone '${timeZone}'.${didYouMean(timeZone, Intl.supportedValuesOf('timeZone'))}`,
      hint: 'Names are those of the IANA, such as Europe/Berlin or UTC.',
    });
  }
  return { cron, timeZone, overlap };
}
