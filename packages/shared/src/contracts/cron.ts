import type { Schedule, ScheduleTimes } from '../core/schedule.ts';
import { CronExpressionParser } from '../npm/cron-parser.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const FIELD = /^[\dA-Za-z*,/?#-]+$/;

/** Why a text is no schedule, in a few words; null when it is one. */
export function whyNoCron(text: string): string | null {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5)
    return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, not five`;
  // The parser would take H for a time of its own choice.
  const odd = fields.find((field) => !FIELD.test(field) || /^h/i.test(field));
  if (odd !== undefined) return `'${odd}' is not a field`;
  try {
    CronExpressionParser.parse(text, { currentDate: new Date(0), tz: 'UTC' }).next();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** From short to long, so that schedules with many times are not stepped through for days. The longest holds a 29 February. */
const LOOK_BACK_MS = [3 * HOUR_MS, 27 * HOUR_MS, 32 * DAY_MS, 367 * DAY_MS, 3000 * DAY_MS];
/** Clocks are turned back by two hours at most. */
const LONGEST_TURN_MS = 3 * HOUR_MS;

/**
 * The times of a schedule around a moment. Where clocks are turned back, an hour comes twice, and a time of day in it has
 * its run once; where they are turned forward, a time of day that is left out has its run an hour later.
 * @param at ISO UTC
 */
export function scheduleTimes(schedule: Pick<Schedule, 'cron' | 'timeZone'>, at: string): ScheduleTimes {
  const moment = Date.parse(at);
  let times: ScheduleTimes = { latestAt: null, nextAt: null };
  for (const back of LOOK_BACK_MS) {
    times = stepThrough(schedule, startBefore(moment - back, schedule.timeZone), moment);
    if (times.latestAt !== null) break;
  }
  return times;
}

function stepThrough(
  { cron, timeZone }: Pick<Schedule, 'cron' | 'timeZone'>,
  from: number,
  moment: number,
): ScheduleTimes {
  const expression = CronExpressionParser.parse(cron, { currentDate: new Date(from), tz: timeZone });
  let latestAt: string | null = null;
  for (;;) {
    const time = expression.next().toDate();
    if (time.getTime() > moment) return { latestAt, nextAt: time.toISOString() };
    latestAt = time.toISOString();
  }
}

/** A parser that starts within an hour that comes again does not know that the times in it have been. */
function startBefore(moment: number, timeZone: string): number {
  const wasTurnedBack = offsetMs(moment, timeZone) < offsetMs(moment - LONGEST_TURN_MS, timeZone);
  return wasTurnedBack ? moment - LONGEST_TURN_MS : moment;
}

function offsetMs(moment: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const text = clock.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d+):(\d+)/.exec(text) ?? [];
  return Number(`${sign}1`) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
}
