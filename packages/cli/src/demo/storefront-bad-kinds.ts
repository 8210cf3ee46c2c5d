import type { RejectReason } from '@millrace/shared/core/reject';

/** Makes one defect in a good order. The order is always of the form of `plainOrder`, so that a swap cannot miss. */
type Corrupt = (order: string) => string | Buffer;

interface Variant {
  readonly note: string;
  readonly corrupt: Corrupt;
  /**
   * True when the defect puts in doubt where the record ends, unless ends of lines say so. In an array that is not
   * a bad record but a file that cannot be trusted: brackets that do not match, two texts next to each other.
   */
  readonly hidesEnd: boolean;
}

/** One way in which a record can be bad. Every kind is in the data at least once; its variants take turns. */
export interface BadKind {
  readonly kind: string;
  readonly reason: RejectReason;
  readonly variants: readonly Variant[];
}

function variant(note: string, corrupt: Corrupt): Variant {
  return { note, corrupt, hidesEnd: false };
}

function endless(note: string, corrupt: Corrupt): Variant {
  return { note, corrupt, hidesEnd: true };
}

/** Replaces the first occurrence. Throws when there is none: a bad record must not be good by mistake. */
function swap(from: string | RegExp, to: string): Corrupt {
  return (order) => {
    const changed = order.replace(
      from,
      (_match, kept?: unknown) => (typeof kept === 'string' ? kept : '') + to,
    );
    if (changed === order) throw new Error(`No ${String(from)} to replace in ${order}`);
    return changed;
  };
}

/** Replaces the city with text that holds these bytes. */
function cityBytes(...bytes: readonly number[]): Corrupt {
  return (order) => {
    const at = order.indexOf('Lyon');
    return Buffer.concat([Buffer.from(order.slice(0, at)), Buffer.from(bytes), Buffer.from(order.slice(at))]);
  };
}

const nest = (levels: number, open: string, close: string): string =>
  `"gift_note":${open.repeat(levels)}1${close.repeat(levels)},"items"`;

/** The second item of `plainOrder`, up to the value to replace: a fault must be found in later items as well. */
const SECOND_QUANTITY = /("items":\[\{[^}]*\},\{"product_id":\d+,"quantity":)\d+/;
const SECOND_UNIT_PRICE = /("items":\[\{[^}]*\},\{"product_id":\d+,"quantity":\d+,"unit_price":)[\d.]+/;

const UNREADABLE: readonly BadKind[] = [
  {
    kind: 'broken_structure',
    reason: 'json_syntax',
    variants: [
      endless('the object stops in the middle', (order) => order.slice(0, Math.floor(order.length / 2))),
      endless('a closing bracket is missing', swap(']}', '}')),
      variant('a comma between two items is missing', swap('},{', '}{')),
      endless('a comma between two fields is missing', swap(',"currency"', '"currency"')),
      endless('a colon is missing', swap('"currency":', '"currency"')),
      endless('a quote is missing', swap('"status":"', '"status":')),
    ],
  },
  {
    kind: 'trailing_comma',
    reason: 'json_syntax',
    variants: [
      variant('a comma before the closing brace', swap(/}$/, ',}')),
      variant('a comma after the last item', swap(']}', ',]}')),
    ],
  },
  {
    kind: 'not_a_json_number',
    reason: 'json_syntax',
    variants: [
      variant('NaN', swap(SECOND_UNIT_PRICE, 'NaN')),
      variant('Infinity', swap(/("cost":)[\d.]+/, 'Infinity')),
      variant('a number with a leading zero', swap(SECOND_QUANTITY, '07')),
      variant('a number with a plus sign', swap(SECOND_QUANTITY, '+3')),
      variant('a number without a digit before its point', swap(SECOND_UNIT_PRICE, '.5')),
    ],
  },
  {
    kind: 'not_a_json_string',
    reason: 'json_syntax',
    variants: [
      variant('single quotes', (order) => order.replaceAll('"', "'")),
      variant('a key without quotes', swap('"status"', 'status')),
      variant('a tab inside a string', swap('Lyon', 'Ly\ton')),
      variant('an escape that JSON does not have', swap('Lyon', String.raw`Ly\x6fn`)),
    ],
  },
  {
    kind: 'comment',
    reason: 'json_syntax',
    variants: [variant('a comment', swap('"items"', '/* two lines */"items"'))],
  },
  {
    kind: 'two_values',
    reason: 'json_syntax',
    variants: [
      endless('two objects on one line', (order) => order + order.replace('SF-B', 'SF-C')),
      endless(
        'two objects with a space between them',
        (order) => `${order} ${order.replace('SF-B', 'SF-C')}`,
      ),
      endless('text after the object', (order) => `${order} ok`),
      endless('a closing brace too many', (order) => `${order}}`),
    ],
  },
  {
    kind: 'invalid_utf8',
    reason: 'invalid_utf8',
    variants: [
      variant('a Latin-1 byte', cityBytes(0xe9)),
      variant('an overlong encoding', cityBytes(0xc0, 0xaf)),
      variant('an encoded surrogate', cityBytes(0xed, 0xa0, 0xbd)),
      variant('a character cut short', cityBytes(0xe2, 0x82)),
      variant('a byte that UTF-8 never has', cityBytes(0xff)),
    ],
  },
  {
    kind: 'lone_surrogate',
    reason: 'invalid_unicode',
    variants: [
      variant('the first half of a pair', swap('Lyon', String.raw`\ud83d`)),
      variant('the second half of a pair', swap('Lyon', String.raw`\ude00`)),
      variant('the halves in the wrong order', swap('spring-sale', String.raw`\ude00\ud83d`)),
    ],
  },
  {
    kind: 'not_an_object',
    reason: 'not_an_object',
    variants: [
      variant('an array', (order) => `[${order}]`),
      variant('null', () => 'null'),
      variant('a number', () => '42'),
      variant('a number among the items', swap(']}', ',7]}')),
      variant('text', () => '"{\\"order_id\\":\\"SF-B\\"}"'),
    ],
  },
  {
    kind: 'duplicate_key',
    reason: 'duplicate_key',
    variants: [
      variant('a field twice', swap('"currency"', '"status":"cancelled","currency"')),
      variant('a nested field twice', swap('"city"', '"cost":0.00,"city"')),
      variant('a field of an item twice', swap(/("items":\[\{[^}]*\},\{)/, '"quantity":99,')),
      variant(
        'a field twice, once with an escape',
        swap('"currency"', String.raw`"st\u0061tus":"paid","currency"`),
      ),
    ],
  },
  {
    kind: 'deep_nesting',
    reason: 'depth_exceeded',
    variants: [
      variant('300 arrays in each other', swap('"items"', nest(300, '[', ']'))),
      variant('300 objects in each other', swap('"items"', nest(300, '{"a":', '}'))),
    ],
  },
];

const UNFIT: readonly BadKind[] = [
  {
    kind: 'missing_field',
    reason: 'missing_field',
    variants: [
      variant('no order_id', swap(/"order_id":"[^"]*",/, '')),
      variant('no quantity in an item', swap(/("items":\[\{[^}]*\},\{"product_id":\d+,)"quantity":\d+,/, '')),
      variant('no shipping at all', swap(/"shipping":\{[^}]*\},/, '')),
      variant('no customer_id', swap(/"customer_id":\d+,/, '')),
    ],
  },
  {
    kind: 'null_in_required_field',
    reason: 'null_violation',
    variants: [
      variant('unit_price of an item is null', swap(SECOND_UNIT_PRICE, 'null')),
      variant('the channel is null', swap(/("channel":)\{[^}]*\}/, 'null')),
      variant('order_id is null', swap(/("order_id":)"[^"]*"/, 'null')),
      variant('created_at is null', swap(/("created_at":)"[^"]*"/, 'null')),
      variant('the name of the channel is null', swap('"name":"web"', '"name":null')),
    ],
  },
  {
    kind: 'wrong_type',
    reason: 'type_mismatch',
    variants: [
      variant('a quantity in words', swap(SECOND_QUANTITY, '"twelve"')),
      variant('a boolean price', swap(SECOND_UNIT_PRICE, 'true')),
      variant('an object where text belongs', swap('"Lyon"', '{"name":"Lyon"}')),
      variant('an array where a number belongs', swap(SECOND_QUANTITY, '[2]')),
      variant('text where a number belongs', swap(/("customer_id":)\d+/, '"unknown"')),
      variant('a number in quotes', swap(SECOND_QUANTITY, '"2"')),
      variant('text where an object belongs', swap(/("channel":)\{[^}]*\}/, '"web"')),
      variant('an object where the array of items belongs', swap(/("items":).*$/, '{"product_id":1}}')),
      variant('an array where text belongs', swap('"status":"paid"', '"status":["paid"]')),
    ],
  },
  {
    kind: 'fraction_in_integer',
    reason: 'type_mismatch',
    variants: [
      variant('half a piece', swap(SECOND_QUANTITY, '2.5')),
      variant('half a customer', swap(/("customer_id":)\d+/, '17.5')),
      variant('a tenth of a piece, with an exponent', swap(SECOND_QUANTITY, '1e-1')),
    ],
  },
  {
    kind: 'impossible_time',
    reason: 'type_mismatch',
    variants: [
      variant('30 February', swap(/("created_at":)"[^"]*"/, '"2024-02-30T10:00:00Z"')),
      variant('25 o’clock', swap(/("created_at":)"[^"]*"/, '"2024-05-01T25:00:00Z"')),
      variant('month 13', swap(/("created_at":)"[^"]*"/, '"2024-13-01T10:00:00+02:00"')),
      variant('words', swap(/("created_at":)"[^"]*"/, '"yesterday"')),
    ],
  },
  {
    kind: 'integer_out_of_range',
    reason: 'number_out_of_range',
    variants: [
      variant('one more than 64 bits hold', swap(/("customer_id":)\d+/, '9223372036854775808')),
      variant('twenty digits', swap(SECOND_QUANTITY, '99999999999999999999')),
    ],
  },
  {
    kind: 'number_out_of_range',
    reason: 'number_out_of_range',
    variants: [
      variant('1e400', swap(SECOND_UNIT_PRICE, '1e400')),
      variant('-1e400', swap(/("cost":)[\d.]+/, '-1e400')),
      variant('more digits than decimal(18,2) has', swap(SECOND_UNIT_PRICE, '12345678901234567.89')),
    ],
  },
  {
    kind: 'too_many_fraction_digits',
    reason: 'number_precision_loss',
    variants: [
      variant('a tenth of a cent in a price', swap(SECOND_UNIT_PRICE, '19.999')),
      variant('half a cent in the shipping cost', swap(/("cost":)[\d.]+/, '4.905')),
    ],
  },
];

export const BAD_KINDS: readonly BadKind[] = [...UNREADABLE, ...UNFIT];

/** The kinds and variants that may stand in an array, where only brackets and quotes say where a record ends. */
export function kindsWithin(kinds: readonly BadKind[]): BadKind[] {
  return kinds
    .map((kind) => ({ ...kind, variants: kind.variants.filter((candidate) => !candidate.hidesEnd) }))
    .filter((kind) => kind.variants.length > 0);
}
