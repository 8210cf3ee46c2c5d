const INTEGER = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/;
const DECIMAL = /^DECIMAL\(\d+,\s*(\d+)\)$/;

/**
 * Whether a cast of the text would keep all of it. DuckDB rounds 2.5 to an integer and 1.005 to two places, and cuts the
 * time off a date: a test that says so would pass for another value than its author wrote. What is no number or date at
 * all is for the cast to refuse.
 * @param type DuckDB's
 */
export function isExact(type: string, text: string): boolean {
  if (INTEGER.test(type)) return /^[+-]?\d+$/.test(text);
  if (type === 'DATE') return /^[+-]?\d{4,}-\d{2}-\d{2}$/.test(text);
  const scale = DECIMAL.exec(type)?.[1];
  if (scale === undefined) return true;
  const number = /^[+-]?\d*(?:\.(\d*?)0*)?$/.exec(text);
  return number !== null && (number[1] ?? '').length <= Number(scale);
}
