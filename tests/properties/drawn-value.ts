import { parseColumnType, type ColumnType } from '@millrace/shared/core/column-type';
import type { TypedCell } from '@millrace/shared/core/typed-cell';

import type { Draw } from '../fuzz/draw.mjs';
import { numberText, randomString, randomTree, stringText, writeTree } from '../fuzz/random-json.mjs';
import type { JsonTree } from '../fuzz/json-values.ts';

/** Why a value does not fit its column. */
export interface Fault {
  readonly fault: string;
}

export type SqliteValue = null | bigint | number | string | Buffer;

/** How a source writes a value, and what has to become of it. */
export interface Written<T> {
  readonly source: T;
  readonly cell: TypedCell | Fault;
}

/** One value as each kind of source has it. */
export interface DrawnValue {
  /** Undefined: the key is absent. */
  readonly json: Written<JsonTree | undefined>;
  /** Null: an empty field without quotes. */
  readonly csv: Written<string | null>;
  readonly sqlite: Written<SqliteValue>;
}

/** What decides how a column's values are written. */
export interface ValueKind {
  readonly type: string;
  readonly format?: string;
  readonly strict?: boolean;
  readonly required?: boolean;
}

export function drawKind(draw: Draw): ValueKind {
  const required = draw.chance(30);
  switch (draw.int(0, 8)) {
    case 0:
      return { type: 'text', required, strict: draw.chance(30) };
    case 1:
      return { type: 'integer', required };
    case 2:
      return { type: 'double', required };
    case 3: {
      const precision = draw.pick([18, 5, 1, 15, 16, 38]);
      return { type: `decimal(${precision},${draw.int(0, precision)})`, required };
    }
    case 4:
      return { type: 'boolean', required };
    case 5:
      return { type: 'date', required, ...formatOf(draw, ['%d.%m.%Y', 'epoch_s', 'epoch_ms']) };
    case 6:
    case 7:
      return { type: 'timestamp', required, ...formatOf(draw, ['epoch_s', 'epoch_ms']) };
    default:
      return { type: 'json', required };
  }
}

function formatOf(draw: Draw, formats: readonly string[]): { format?: string } {
  return draw.chance(40) ? { format: draw.pick(['iso', ...formats]) } : {};
}

/** A value that fits, one that is not there, or now and then one that does not fit. */
export function drawValue(draw: Draw, kind: ValueKind, misfits: number): DrawnValue {
  if (draw.chance(kind.required === true ? misfits : 12)) return drawAbsent(draw, kind);
  return draw.chance(misfits) ? drawMisfit(draw, kind) : drawFitting(draw, kind);
}

function drawAbsent(draw: Draw, kind: ValueKind): DrawnValue {
  const absent = absentValue(kind);
  return draw.chance(50) ? absent : { ...absent, json: { source: 'null', cell: absent.csv.cell } };
}

/** A value that is not there. What has no keys of its own has null in its place. */
export function absentValue({ required }: ValueKind): DrawnValue {
  const none = (fault: string) => (required === true ? { fault } : null);
  return {
    json: { source: undefined, cell: none('missing_field') },
    csv: { source: null, cell: none('null_violation') },
    sqlite: { source: null, cell: none('null_violation') },
  };
}

function same(cell: TypedCell, json: JsonTree, csv: string, sqlite: SqliteValue): DrawnValue {
  return { json: { source: json, cell }, csv: { source: csv, cell }, sqlite: { source: sqlite, cell } };
}

function drawFitting(draw: Draw, kind: ValueKind): DrawnValue {
  const type = parseColumnType(kind.type);
  switch (type.kind) {
    case 'text':
      return fittingText(draw, kind);
    case 'integer': {
      const limits = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0n];
      const integer = draw.chance(10) ? draw.pick(limits) : signed(draw, draw.digits(draw.pick([3, 10, 18])));
      return same(integer, wholeText(draw, integer), csvNumber(draw, wholeText(draw, integer)), integer);
    }
    case 'double':
      return fittingDouble(draw);
    case 'decimal': {
      const unscaled = signed(draw, draw.digits(type.precision));
      const text = () => numberText(draw, unscaled, -type.scale);
      const fitsInteger = type.scale === 0 && BigInt.asIntN(64, unscaled) === unscaled;
      return same(
        unscaled,
        text(),
        csvNumber(draw, text()),
        fitsInteger && draw.chance(50) ? unscaled : text(),
      );
    }
    case 'boolean': {
      const is = draw.chance(50);
      const words = is ? ['true', 't', 'yes', '1'] : ['false', 'f', 'no', '0'];
      const word = draw.pick(words);
      return same(is, String(is), padded(draw, draw.pick([word, word.toUpperCase()])), is ? 1n : 0n);
    }
    case 'date':
      return fittingDate(draw, kind.format);
    case 'timestamp':
      return fittingTimestamp(draw, kind.format);
    case 'json':
      return fittingJson(draw);
  }
}

function fittingText(draw: Draw, { strict }: ValueKind): DrawnValue {
  if (strict !== true && draw.chance(15)) {
    const number = numberText(draw, signed(draw, draw.digits(20)), draw.int(-9, 9));
    return same(number, number, number, number);
  }
  const text = randomString(draw, draw.pick([0, 8, 8, 8, 40, draw.chance(3) ? 3000 : 8]));
  const value = same(text, stringText(draw, text), text, text);
  return text.includes('\0') ? { ...value, csv: { source: text, cell: { fault: 'nul_byte' } } } : value;
}

function fittingDouble(draw: Draw): DrawnValue {
  const digits = signed(draw, draw.digits(draw.pick([3, 15, 17])));
  const written = () => {
    const text = numberText(draw, digits, exponent);
    // Written as an integer it would have to be one that a double holds exactly.
    return /^-?\d+$/.test(text) ? `${text}.0` : text;
  };
  const exponent = draw.pick([0, -2, draw.int(-20, 20), draw.int(-280, 280)]);
  const double = digits === 0n ? 0 : Number(`${digits}e${exponent}`);
  return same(double, written(), csvNumber(draw, written()), double);
}

const DAY_MICROS = 86_400_000_000n;
const MIN_DAY = -719_162;
const MAX_DAY = 2_932_896;

function fittingDate(draw: Draw, format: string | undefined): DrawnValue {
  const day = draw.pick([draw.int(0, 25_000), draw.int(MIN_DAY, MAX_DAY), MIN_DAY, MAX_DAY, -1]);
  if (format === 'epoch_s' || format === 'epoch_ms') {
    const epoch = BigInt(day) * (format === 'epoch_s' ? 86_400n : 86_400_000n);
    return same(day, wholeText(draw, epoch), csvNumber(draw, wholeText(draw, epoch)), epoch);
  }
  const iso = new Date(day * 86_400_000).toISOString().slice(0, 10);
  const [year, month, dayOfMonth] = iso.split('-');
  const text =
    format === '%d.%m.%Y'
      ? `${dayOfMonth}.${month}.${year}`
      : iso + draw.pick(['', '', 'T00:00:00Z', ' 00:00', 'T00:00:00.000+00:00']);
  return same(day, stringText(draw, text), padded(draw, text), text);
}

function fittingTimestamp(draw: Draw, format: string | undefined): DrawnValue {
  const day = draw.pick([draw.int(0, 25_000), draw.int(MIN_DAY + 1, MAX_DAY - 1)]);
  const second = BigInt(draw.pick([0, draw.int(0, 86_399)]));
  if (format === 'epoch_s' || format === 'epoch_ms') {
    const millis = BigInt(day) * 86_400_000n + second * 1000n + BigInt(draw.pick([0, draw.int(0, 999)]));
    const text = () => numberText(draw, millis, format === 'epoch_s' ? -3 : 0);
    // A double of so few digits is written with these digits again.
    const sqlite = format === 'epoch_s' ? Number(millis) / 1000 : millis;
    return same(millis * 1000n, text(), csvNumber(draw, text()), sqlite);
  }
  const fraction = draw.pick([0, 0, draw.int(0, 999) * 1000, draw.int(0, 999_999)]);
  const local = BigInt(day) * DAY_MICROS + second * 1_000_000n;
  const offset = draw.pick([0, 0, 60, -330, 959, -959, 15]);
  const text = isoText(draw, local, fraction, offset);
  const micros = local + BigInt(fraction) - BigInt(offset) * 60_000_000n;
  return same(micros, stringText(draw, text), padded(draw, text), text);
}

function isoText(draw: Draw, local: bigint, fraction: number, offset: number): string {
  const [date, time = ''] = new Date(Number(local / 1000n)).toISOString().slice(0, 19).split('T');
  const digits = String(fraction).padStart(6, '0');
  const behindPoint = draw.chance(50) ? digits.replace(/0+$/, '') : digits + draw.pick(['', '0', '000']);
  const clock =
    fraction === 0 && draw.chance(50) ? time : `${time}${behindPoint === '' ? '' : `.${behindPoint}`}`;
  if (clock === '00:00:00' && offset === 0 && draw.chance(30)) return date ?? '';
  const short = clock.endsWith(':00') && draw.chance(30) ? clock.slice(0, -3) : clock;
  return `${date}${draw.pick(['T', ' '])}${short}${zoneText(draw, offset)}`;
}

function zoneText(draw: Draw, offset: number): string {
  if (offset === 0) return draw.pick(['', 'Z', '+00:00', '-0000', '+00']);
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  return minutes === '00' && draw.chance(50)
    ? sign + hours
    : `${sign}${hours}${draw.pick([':', ''])}${minutes}`;
}

function fittingJson(draw: Draw): DrawnValue {
  const tree = randomTree(draw, 2);
  if (tree === 'null') return same('7', '7', '7', '7');
  return same(compactText(tree), tree, writeTree(draw, tree, false), writeTree(draw, tree, false));
}

/** Compact, with no more escapes than needed: what a column of type json keeps. */
function compactText(tree: JsonTree): string {
  if (Array.isArray(tree)) return `[${tree.map(compactText).join(',')}]`;
  if (typeof tree === 'object') {
    return `{${tree.members.map(([key, value]) => `${compactText(key)}:${compactText(value)}`).join(',')}}`;
  }
  return tree.startsWith('"') ? JSON.stringify(JSON.parse(tree)) : tree;
}

const signed = (draw: Draw, digits: bigint) => (draw.chance(30) ? -digits : digits);

/** A whole number, whose zeros at the end may have become an exponent. */
function wholeText(draw: Draw, integer: bigint): string {
  let digits = integer;
  let zeros = 0;
  while (digits !== 0n && digits % 10n === 0n && draw.chance(50)) {
    digits /= 10n;
    zeros += 1;
  }
  return numberText(draw, digits, zeros);
}

/** CSV writers put blanks around what is no text. */
const padded = (draw: Draw, text: string) => (draw.chance(15) ? ` ${text}\t ` : text);

/** CSV takes what JSON does not: a plus, zeros at the front, a bare point. */
function csvNumber(draw: Draw, text: string): string {
  if (!draw.chance(25)) return padded(draw, text);
  const [, sign = '', rest = ''] = /^(-?)(.*)$/.exec(text) ?? [];
  if (draw.chance(30) && /^0\.\d/.test(rest)) return sign + rest.slice(1);
  return padded(draw, (sign === '' && draw.chance(50) ? '+' : sign) + draw.pick(['', '0', '000']) + rest);
}

function refused(reason: string, json: JsonTree, csv: string, sqlite: SqliteValue): DrawnValue {
  const cell = { fault: reason };
  return { json: { source: json, cell }, csv: { source: csv, cell }, sqlite: { source: sqlite, cell } };
}

const fine: Written<string> = { source: 'ok', cell: 'ok' };

/** A value that does not fit; where a kind of source has none such for the type, one that does. */
function drawMisfit(draw: Draw, kind: ValueKind): DrawnValue {
  const type = parseColumnType(kind.type);
  const word = refused('type_mismatch', '"word"', 'word', 'word');
  switch (type.kind) {
    case 'text': {
      const blob = { source: Buffer.from([1]), cell: { fault: 'type_mismatch' } };
      const json = kind.strict === true ? draw.pick(['12', 'true']) : draw.pick(['true', '[]', '{}']);
      return { json: { source: json, cell: { fault: 'type_mismatch' } }, csv: fine, sqlite: blob };
    }
    case 'integer':
      return draw.pick([
        word,
        refused('type_mismatch', '1.5', '1.5', 1.5),
        refused('type_mismatch', '"12"', '12a', '12'),
        refused('number_out_of_range', '9223372036854775808', '9223372036854775808', 9.3e18),
        refused('number_out_of_range', '-1e19', '-1e19', -1e19),
      ]);
    case 'double':
      return draw.pick([
        word,
        refused('number_out_of_range', '1e400', '-1e400', Infinity),
        refused('number_precision_loss', '9007199254740993', '9007199254740993', 9007199254740993n),
      ]);
    case 'decimal':
      return draw.pick([word, ...decimalMisfits(type)]);
    case 'boolean':
      return draw.pick([
        word,
        refused('type_mismatch', '1', '2', 2n),
        refused('type_mismatch', '"true"', 'wahr', 'true'),
      ]);
    case 'date':
    case 'timestamp':
      return timeMisfit(draw, type.kind, kind.format);
    case 'json': {
      const cell = { fault: 'json_syntax' };
      return {
        json: { source: '1', cell: '1' },
        csv: { source: '{a}', cell },
        sqlite: { source: '[1,]', cell },
      };
    }
  }
}

function decimalMisfits({ precision, scale }: Extract<ColumnType, { kind: 'decimal' }>): DrawnValue[] {
  const large = `1${'0'.repeat(precision - scale)}`;
  const fine = `0.${'0'.repeat(scale)}1`;
  return [
    refused('number_out_of_range', large, large, large),
    refused('number_precision_loss', fine, fine, fine),
    refused('number_out_of_range', '1e400', '1e400', Infinity),
  ];
}

function timeMisfit(draw: Draw, kind: 'date' | 'timestamp', format: string | undefined): DrawnValue {
  const word = refused('type_mismatch', '"word"', 'word', 'word');
  if (format === 'epoch_s' || format === 'epoch_ms') {
    return draw.pick([word, refused('number_out_of_range', '1e15', '1e15', 10n ** 15n)]);
  }
  if (format === '%d.%m.%Y')
    return draw.pick([word, refused('type_mismatch', '"29.2.2023"', '29.2.2023', '29.2.2023')]);
  const text = (reason: string, time: string) => refused(reason, `"${time}"`, time, time);
  const common = [
    word,
    refused('type_mismatch', '20240229', '20240229', 20240229n),
    text('type_mismatch', '2023-02-29'),
  ];
  return draw.pick(
    kind === 'date'
      ? [...common, text('type_mismatch', '2024-02-29T00:00:01')]
      : [
          ...common,
          text('number_precision_loss', '2024-02-29T00:00:00.0000001Z'),
          text('type_mismatch', '2024-02-29T24:00:00'),
        ],
  );
}
