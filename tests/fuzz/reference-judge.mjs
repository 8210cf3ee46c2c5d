/**
 * What a record becomes by the documented rules (docs/types.md), worked out in the slowest and plainest way: numbers
 * as fractions of bigints, times by regular expressions and Date. It shares no code with the judge of the product.
 */
import { Buffer } from 'node:buffer';

import { isNumberText, isOracleObject, judgeText } from './json-oracle.mjs';

/** @typedef {import('./json-values.ts').OracleValue} OracleValue */
/** @typedef {import('./json-values.ts').OracleObject} OracleObject */
/** @typedef {import('@millrace/shared/core/plan').StagedTable} StagedTable */
/** @typedef {import('@millrace/shared/core/pipeline').Column} Column */
/** @typedef {import('@millrace/shared/core/typed-cell').TypedCell} TypedCell */
/** @typedef {{ readonly fault: string }} Fault */
/** @typedef {[table: string, column: string, reason: string]} PlacedFault */
/**
 * @typedef {{ ok: true, rows: TypedCell[][][] } | { ok: false, reason: string, faults: PlacedFault[] }} Verdict
 */
/** @typedef {'json' | 'csv'} TextDialect */

/** @type {Fault} */
const MISMATCH = { fault: 'type_mismatch' };
/** @type {Fault} */
const OUT_OF_RANGE = { fault: 'number_out_of_range' };
/** @type {Fault} */
const LOSS = { fault: 'number_precision_loss' };
const FIRST_MICROS = -62_135_596_800_000_000n;
const LAST_MICROS = 253_402_300_799_999_999n;
const MICROS_PER_DAY = 86_400_000_000n;

/**
 * @param {OracleValue} record
 * @param {readonly StagedTable[]} tables
 * @param {TextDialect} dialect
 * @returns {Verdict}
 */
export function judgeByReference(record, tables, dialect) {
  if (!isOracleObject(record)) return { ok: false, reason: 'not_an_object', faults: [] };
  /** @type {PlacedFault[]} */
  const faults = [];
  const rows = tables.map((table) => rowsOf(table, record, dialect, faults));
  const first = faults[0];
  return first === undefined ? { ok: true, rows } : { ok: false, reason: first[2], faults };
}

/**
 * @param {StagedTable} table
 * @param {OracleObject} record
 * @param {TextDialect} dialect
 * @param {PlacedFault[]} faults
 * @returns {TypedCell[][]}
 */
function rowsOf(table, record, dialect, faults) {
  /** @param {OracleObject} root @param {number} index */
  const rowOf = (root, index) =>
    table.columns.map((column) => {
      const cell = cellOf(column, { root, record, index }, dialect);
      if (typeof cell !== 'object' || cell === null) return cell;
      faults.push([table.name, column.name, cell.fault]);
      return null;
    });
  if (table.each === null) return [rowOf(record, 0)];
  const place = placeOf(table.each);
  const elements = follow(record, table.each);
  if (elements === undefined || elements === null) return [];
  if (!Array.isArray(elements)) {
    faults.push([table.name, place, 'type_mismatch']);
    return [];
  }
  return elements.flatMap((element, index) => {
    if (isOracleObject(element)) return [rowOf(element, index)];
    faults.push([table.name, `${place}[${index}]`, 'not_an_object']);
    return [];
  });
}

/** @param {readonly (string | number)[]} steps */
function placeOf(steps) {
  return steps
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}

/** What stands where a step cannot lead: neither absent nor null nor of any type. */
const NOWHERE = Symbol('a path that leads through something else');

/**
 * @param {OracleValue} root
 * @param {readonly (string | number)[]} steps
 * @returns {OracleValue | undefined | typeof NOWHERE}
 */
function follow(root, steps) {
  /** @type {OracleValue | undefined} */
  let value = root;
  for (const step of steps) {
    if (value === undefined || value === null) return value;
    if (typeof step === 'number') {
      if (!Array.isArray(value)) return NOWHERE;
      value = value[step];
    } else {
      if (!isOracleObject(value)) return NOWHERE;
      value = value.members.find(([key]) => key === step)?.[1];
    }
  }
  return value;
}

/**
 * @param {Column} column
 * @param {{ root: OracleObject, record: OracleObject, index: number }} place
 * @param {TextDialect} dialect
 * @returns {TypedCell | Fault}
 */
function cellOf(column, { root, record, index }, dialect) {
  const { from, steps } = column.path;
  if (from === 'index') return convert(column, { number: String(index) }, 'json');
  const value = follow(from === 'parent' ? record : root, steps);
  if (value === undefined) return column.required ? { fault: 'missing_field' } : null;
  if (value === null) return column.required ? { fault: 'null_violation' } : null;
  return value === NOWHERE ? MISMATCH : convert(column, value, dialect);
}

/**
 * @param {Column} column
 * @param {Exclude<OracleValue, null>} value
 * @param {TextDialect} dialect
 * @returns {TypedCell | Fault}
 */
function convert(column, value, dialect) {
  const { type, format } = column;
  switch (type.kind) {
    case 'text':
      if (typeof value === 'string') return value;
      return isNumberText(value) && !column.strict ? value.number : MISMATCH;
    case 'boolean':
      return dialect === 'csv' ? booleanWord(value) : typeof value === 'boolean' ? value : MISMATCH;
    case 'json':
      return dialect === 'csv' ? parsedText(value) : jsonText(value);
    case 'integer':
      return withNumber(value, dialect, (number) => integerOf(number));
    case 'double':
      return withNumber(value, dialect, (number, text) => doubleOf(number, text));
    case 'decimal':
      return withNumber(value, dialect, (number) => scaled(number, type.precision, type.scale));
    case 'timestamp':
      return timeOf(value, format, dialect);
    case 'date': {
      const micros = timeOf(value, format, dialect, true);
      if (typeof micros !== 'bigint') return micros;
      return micros % MICROS_PER_DAY === 0n ? Number(micros / MICROS_PER_DAY) : MISMATCH;
    }
  }
}

/** @param {OracleValue} value text that has to be JSON; a fault may have several names, of which one has to be given */
function parsedText(value) {
  const text = judgeText(Buffer.from(/** @type {string} */ (value)));
  return text.ok ? jsonText(text.value) : { fault: text.reasons.join('|') };
}

/** @param {OracleValue} value */
function booleanWord(value) {
  if (typeof value !== 'string') return MISMATCH;
  const word = unpadded(value).toLowerCase();
  if (['true', 't', 'yes', '1'].includes(word)) return true;
  return ['false', 'f', 'no', '0'].includes(word) ? false : MISMATCH;
}

/** @param {string} text */
const unpadded = (text) => text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');

/** @typedef {{ digits: bigint, exponent: number }} Exact digits × 10^exponent; digits do not end with a zero */

/**
 * @param {OracleValue} value
 * @param {TextDialect} dialect
 * @param {(number: Exact, text: string) => TypedCell | Fault} make
 */
function withNumber(value, dialect, make) {
  const text =
    dialect === 'csv'
      ? typeof value === 'string'
        ? unpadded(value)
        : null
      : isNumberText(value)
        ? value.number
        : null;
  const number = text === null ? null : exactOf(text);
  return text === null || number === null ? MISMATCH : make(number, text);
}

/** @param {string} text @returns {Exact | null} */
function exactOf(text) {
  const found = /^([+-]?)(\d*)(\.?)(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (found === null) return null;
  const [, sign, whole = '', , fraction = '', power = '0'] = found;
  if (whole + fraction === '') return null;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return { digits: 0n, exponent: 0 };
  const exponent = Number(power) - fraction.length + (digits.length - significant.length);
  return { digits: BigInt(sign + significant.replace(/^\+/, '')), exponent };
}

/** @param {bigint} number */
const digitCount = (number) => String(number).replace('-', '').length;

/** @param {Exact} number @param {number} precision @param {number} scale @returns {bigint | Fault} */
function scaled({ digits, exponent }, precision, scale) {
  if (digits === 0n) return 0n;
  const zeros = exponent + scale;
  if (digitCount(digits) + zeros > precision) return OUT_OF_RANGE;
  return zeros < 0 ? LOSS : digits * 10n ** BigInt(zeros);
}

/** @param {Exact} number @returns {bigint | Fault} */
function integerOf(number) {
  const whole = scaled(number, 19, 0);
  if (whole === LOSS) return MISMATCH;
  if (typeof whole !== 'bigint') return whole;
  return BigInt.asIntN(64, whole) === whole ? whole : OUT_OF_RANGE;
}

/** @param {Exact} number @param {string} text @returns {number | Fault} */
function doubleOf({ digits }, text) {
  const double = Number(text);
  if (!Number.isFinite(double)) return OUT_OF_RANGE;
  if (double === 0 && digits !== 0n) return LOSS;
  const whole = /^[+-]?\d+$/.test(text);
  return whole && BigInt(double) !== BigInt(text.replace(/^\+/, '')) ? LOSS : double;
}

/**
 * Microseconds since 1970 in UTC.
 * @param {OracleValue} value
 * @param {string | null} format
 * @param {TextDialect} dialect
 * @param {boolean} dateOnly an offset other than zero is refused, for the day in UTC may be another
 * @returns {bigint | Fault}
 */
function timeOf(value, format, dialect, dateOnly = false) {
  if (format === 'epoch_s' || format === 'epoch_ms') {
    const cell = withNumber(value, dialect, (number) => scaled(number, 20, format === 'epoch_s' ? 6 : 3));
    if (typeof cell !== 'bigint') return /** @type {Fault} */ (cell);
    return cell >= FIRST_MICROS && cell <= LAST_MICROS ? cell : OUT_OF_RANGE;
  }
  if (typeof value !== 'string') return MISMATCH;
  const text = dialect === 'csv' ? unpadded(value) : value;
  return format === '%d.%m.%Y' ? dayMonthYear(text) : isoTime(text, dateOnly);
}

/** @param {string} text */
function dayMonthYear(text) {
  const found = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text);
  if (found === null) return MISMATCH;
  const [, day = '', month = '', year = ''] = found;
  return instant(year, month.padStart(2, '0'), day.padStart(2, '0'), '00:00:00') ?? MISMATCH;
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** @param {string} text @param {boolean} dateOnly @returns {bigint | Fault} */
function isoTime(text, dateOnly) {
  const found = ISO.exec(text);
  if (found === null) return MISMATCH;
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    zone = 'Z',
  ] = found;
  const base = instant(year, month, day, `${hour}:${minute}:${second}`);
  const offset = offsetMinutes(zone);
  if (base === null || offset === null) return MISMATCH;
  if (/[1-9]/.test(fraction.slice(6))) return LOSS;
  if (dateOnly && offset !== 0) return MISMATCH;
  const micros = base + BigInt(fraction.slice(0, 6).padEnd(6, '0')) - BigInt(offset) * 60_000_000n;
  return micros >= FIRST_MICROS && micros <= LAST_MICROS ? micros : OUT_OF_RANGE;
}

/** @param {string} zone */
function offsetMinutes(zone) {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  if (hours > 15 || minutes > 59) return null;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/** @param {string} year @param {string} month @param {string} day @param {string} clock */
function instant(year, month, day, clock) {
  const text = `${year}-${month}-${day}T${clock}.000Z`;
  const date = new Date(text);
  // Date takes the 31st of any month, and 24:00, for another day; then it does not write what it has read.
  if (year === '0000' || Number.isNaN(date.getTime()) || date.toISOString() !== text) return null;
  return BigInt(date.getTime()) * 1000n;
}

/** @param {OracleValue} value @returns {string} */
function jsonText(value) {
  if (isNumberText(value)) return value.number;
  if (isOracleObject(value)) {
    return `{${value.members.map(([key, inner]) => `${JSON.stringify(key)}:${jsonText(inner)}`).join(',')}}`;
  }
  return Array.isArray(value) ? `[${value.map(jsonText).join(',')}]` : JSON.stringify(value);
}
