const MICROS_PER_DAY = 86_400_000_000;
const MICROS_PER_SECOND = 1_000_000;
const MS_PER_DAY = 86_400_000;
/** 0001-01-01 and 10000-01-01 in days since 1970-01-01: between them years have four digits. */
const FIRST_DAY = -719_162;
const END_DAY = 2_932_897;

/**
 * Makes functions that write microseconds since 1970 as `YYYY-MM-DD HH:MM:SS[.ffffff]`, without trailing zeros of
 * the fraction, so that the texts sort as the times do. Null outside of the years 1 to 9999. Each function
 * remembers the last day, because neighbouring rows are often of the same one.
 */
export function timestampFormatter(): (micros: bigint) => string | null {
  let lastDay = Number.NaN;
  let dayText = '';
  return (micros) => {
    // Exact: the years 1 to 9999 in microseconds need more than 53 bits, days and the rest of a day do not.
    const value = Number(micros);
    const { day, inDay } = Number.isSafeInteger(value) ? splitNumber(value) : splitBigint(micros);
    if (day < FIRST_DAY || day >= END_DAY) return null;
    if (day !== lastDay) {
      lastDay = day;
      dayText = new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
    }
    return `${dayText} ${timeOfDay(inDay)}`;
  };
}

function splitNumber(micros: number): { day: number; inDay: number } {
  const day = Math.floor(micros / MICROS_PER_DAY);
  return { day, inDay: micros - day * MICROS_PER_DAY };
}

function splitBigint(micros: bigint): { day: number; inDay: number } {
  const perDay = BigInt(MICROS_PER_DAY);
  const rest = ((micros % perDay) + perDay) % perDay;
  return { day: Number((micros - rest) / perDay), inDay: Number(rest) };
}

function timeOfDay(micros: number): string {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  const fraction = micros - seconds * MICROS_PER_SECOND;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
