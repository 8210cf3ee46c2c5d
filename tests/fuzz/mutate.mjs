/** Damage to bytes, as bad disks, bad programs and bad people do it. */

import { Buffer } from 'node:buffer';

/** @typedef {import('./draw.mjs').Draw} Draw */

/** What breaks parsers: structure out of place, numbers at every limit, half characters, marks, controls. */
const NASTY = [
  ...[
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\n',
    '\r',
    '\r\n',
    '\0',
    '\t',
    ' ',
    "'",
    ';',
    '/',
    '//',
    '/**/',
    '#',
  ],
  ...[
    '\\u',
    '\\ud800',
    '\\udc00',
    '\\ud83d\\ude00',
    '\\uD83D',
    '\\x41',
    '\\u00',
    '\\"',
    '\\\\',
    '""',
    '"":1,',
    '{}{}',
  ],
  ...[
    'null',
    'true',
    'false',
    'NaN',
    'Infinity',
    '-Infinity',
    'undefined',
    'nul',
    'TRUE',
    '-',
    '+1',
    '.5',
    '5.',
    '01',
  ],
  ...[
    '1e400',
    '-1e400',
    '1e-400',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775809',
    '1e',
    '1E+',
    '0x1F',
  ],
  ...['9007199254740993', '1.0000000000000000000000001', '-0', '0e0', '1_000', '٣', '１'],
  ...[
    '\u2028',
    '\ufeff',
    '\u00a0',
    '\u0085',
    '\u000b',
    '\u{10ffff}',
    'é',
    '"a":1,"a":2',
    '"__proto__":',
    '"id":"',
  ],
  ...['[[[[[[[[', ']]]]', '{"a":{"a":{"a":', '2024-02-30', '2024-02-29T24:00:00Z', '12:60', 'yes', 'NULL'],
].map((text) => Buffer.from(text));
const NASTY_BYTES = [
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xff],
  [0xfe, 0xff],
  [0xef, 0xbb, 0xbf],
  [0xef, 0xbb],
  [0x80],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x98],
  [0x1a],
  [0x7f],
].map((bytes) => Buffer.from(bytes));
const TOKENS = [...NASTY, ...NASTY_BYTES];

/** Values that are JSON, and hard to get right. */
const HARD_VALUES = [
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
    '9007199254740993',
  ],
  ...[
    '1e400',
    '-1e400',
    '1e-400',
    '4.9e-324',
    '1.7976931348623157e308',
    '-0',
    '0e999',
    '0.1e1',
    '12e-1',
    '100e-2',
    '1e18',
  ],
  ...[
    '123456789012345',
    '1234567890123456',
    '0.000001',
    '0.0000001',
    '1.10',
    '999999999.995',
    '9999999999.99',
    '1E2',
  ],
  ...[
    '12345678901234567890.5',
    '0.30000000000000004',
    '1e22',
    '1e23',
    '0.99',
    '-0.005',
    '10000000000',
    '1.0000000000000001',
  ],
  ...[
    '""',
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
    '"\\ude00\\ud83d"',
    '"\\uDBFF\\uDFFF"',
    '"\\/"',
    '"12.5"',
    '"true"',
  ],
  ...[
    '"2024-02-29"',
    '"2023-02-29"',
    '"0000-01-01"',
    '"9999-12-31T23:59:59.999999Z"',
    '"9999-12-31T23:59:59-01:00"',
  ],
  ...[
    '"0001-01-01T00:00:00+01:00"',
    '"2024-01-01T24:00:00"',
    '"2024-01-01T00:00:00+15:59"',
    '"2024-01-01T00:00:00+16:00"',
  ],
  ...[
    '"2024-01-01T10:00:00.1234560"',
    '"2024-01-01T10:00:00.1234567890"',
    '"2024-01-01t10:00:00z"',
    '"1.2.2024"',
    '"31.04.2024"',
  ],
  ...[
    'null',
    'true',
    'false',
    '[]',
    '{}',
    '[null]',
    '[[],{}]',
    '{"":""}',
    '{"__proto__":1}',
    '{"1":1,"0":0}',
    '{"a":1,"\\u0061":2}',
  ],
  ...[1, 250, 251, 252, 253, 254, 255, 256, 257].map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
].map((text) => Buffer.from(text));
/** A key is matched together with its colon, so that its end is not taken for the beginning of a string. */
const SCALAR = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g;

/**
 * Puts a hard value in place of another: what was JSON still is, unless the value holds a fault.
 * @param {Draw} draw
 * @param {Buffer} bytes
 * @returns {Buffer}
 */
export function replaceValue(draw, bytes) {
  const scalars = [...bytes.toString('latin1').matchAll(SCALAR)].filter(([, colon]) => colon === undefined);
  if (scalars.length === 0) return bytes;
  const { 0: text, index } = draw.pick(scalars);
  return Buffer.concat([
    bytes.subarray(0, index),
    draw.pick(HARD_VALUES),
    bytes.subarray(index + text.length),
  ]);
}

/**
 * @param {Draw} draw
 * @param {Buffer} bytes
 * @param {number} max at most so many changes, at least one
 * @returns {Buffer}
 */
export function mutate(draw, bytes, max) {
  let changed = bytes;
  for (let left = draw.int(1, max); left > 0; left -= 1) changed = mutateOnce(draw, changed);
  return changed;
}

/** @param {Draw} draw @param {Buffer} bytes */
function mutateOnce(draw, bytes) {
  const at = draw.int(0, bytes.length);
  const to = Math.min(bytes.length, at + draw.pick([1, 1, 2, 5, 20, 100]));
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(to);
  switch (draw.int(0, 8)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, draw.pick(TOKENS), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([before, draw.pick(TOKENS), after]);
    case 3:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 4:
      return bytes.subarray(0, at);
    case 5: {
      const from = draw.int(0, bytes.length);
      return Buffer.concat([before, bytes.subarray(from, from + draw.int(1, 30)), bytes.subarray(at)]);
    }
    case 6:
      return Buffer.concat([before, Buffer.from([draw.int(0, 255)]), bytes.subarray(at)]);
    default: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << draw.int(0, 7));
      return flipped;
    }
  }
}
