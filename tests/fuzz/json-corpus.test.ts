import { readContent } from '@millrace/sources/json/record-content';
import { describe, expect, test } from 'vitest';

import { judgeText } from './json-oracle.mjs';

/**
 * RFC 8259 by its grammar, one category after the other, and what is refused beyond it. A text is a string, or bytes
 * where it is no UTF-8.
 */
type Text = string | readonly number[];

const bytesOf = (text: Text) => (typeof text === 'string' ? Buffer.from(text) : Buffer.from(text));
const inString = (...bytes: readonly number[]): Text => [0x22, ...bytes, 0x22];
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

const TAKEN: Readonly<Record<string, readonly string[]>> = {
  'literal names': ['null', 'true', 'false', '[null,true,false]'],
  'white space': [' 1', '\t[ ]\r\n', '\n{\n}\n', '[1 , 2\t,\r3\n]', '{ "a" : 1 , "b" : 2 }', '\r\n\t "x" \t'],
  objects: [
    '{}',
    '{"":0}',
    '{"a":{"a":{"a":1}}}',
    '{"a":1,"A":2}',
    '{"__proto__":1,"constructor":2}',
    '{"\\u0000":1}',
  ],
  arrays: ['[]', '[[]]', '[[],[],{}]', '[1,"1",null,[1]]', nested(256)],
  integers: ['0', '-0', '7', '-7', '120', '9007199254740993', '-9223372036854775808', '1'.repeat(400)],
  fractions: ['0.0', '-0.5', '1.50', '0.1', '3.141592653589793238462643383279', `0.${'0'.repeat(400)}1`],
  exponents: [
    '1e5',
    '1E5',
    '1e+5',
    '1e-5',
    '0e0',
    '-0e-0',
    '1.5E+01',
    '1e0001',
    '1e400',
    '1e-400',
    '1e99999999999',
  ],
  'plain strings': [
    '""',
    '"a"',
    '"é€😀"',
    '"\u007f"',
    '"\u0080"',
    '"\u2028\u2029"',
    '"\ufeff"',
    '"\uffff"',
    '"\u{10ffff}"',
    '"/"',
    '"\'"',
  ],
  escapes: [
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"\\u0000"',
    '"\\u001f"',
    '"\\u00e9"',
    '"\\u00E9"',
    '"\\\\u0000"',
    '"\\ud83d\\ude00"',
    '"\\uDBFF\\uDFFF"',
    '"\\uffff"',
    '"\\u2028"',
  ],
};

const SYNTAX_ERRORS: Readonly<Record<string, readonly string[]>> = {
  'nothing at all': ['', ' ', '\n\r\t'],
  'almost literal names': [
    'nul',
    'True',
    'NULL',
    'tru e',
    'nullx',
    'truefalse',
    'undefined',
    'None',
    'yes',
    '[nul]',
  ],
  'numbers of other languages': [
    'NaN',
    'Infinity',
    '-Infinity',
    '+1',
    '.5',
    '5.',
    '-.5',
    '0x1F',
    '1_000',
    '1,000',
    '0b1',
    '1f',
    '1n',
    '１',
    '٣',
    '½',
  ],
  'broken numbers': [
    '-',
    '--1',
    '01',
    '-01',
    '00',
    '1.',
    '1.e5',
    '1e',
    '1e+',
    '1e5.2',
    '1ee5',
    '1.2.3',
    '- 1',
    '1 2',
    '1e 5',
    '0.e1',
    '-e1',
  ],
  'strings without quotes or with others': ["'a'", '`a`', 'abc', '{a:1}', "{'a':1}", '[a]', '“a”'],
  'open and broken strings': ['"', '"abc', '"a" b"', '"\\"', '{"a', '["a]', '"a"b'],
  'bad escapes': [
    '"\\a"',
    '"\\x41"',
    '"\\0"',
    '"\\\'"',
    '"\\U0041"',
    '"\\u"',
    '"\\u12"',
    '"\\u123"',
    '"\\u12G4"',
    '"\\u 123"',
    '"\\u+123"',
    '"\\\u00e9"',
    '"\\ "',
    '"\\\n"',
    '\\u0061',
    '"\\ud83d\\u"',
    '"\\ud83d\\uzzzz"',
  ],
  'raw control characters in strings': ['"\u0000"', '"a\nb"', '"\t"', '"\r"', '"\u001f"', '{"a\tb":1}'],
  'other white space': [
    '\u00a0' + '1',
    '1\u2028',
    '\u000b1',
    '\f1',
    '[\u30001]',
    '1\u0000',
    '\u0085[]',
    '\u200b1',
    '[1,\u20602]',
  ],
  'byte order marks': ['\ufeff1', '[\ufeff1]', '1\ufeff', '{\ufeff"a":1}'],
  comments: ['// a\n1', '1 // a', '/* a */ 1', '[1,/* a */2]', '# a\n1', '{"a":1}<!-- -->'],
  commas: [
    '[1,]',
    '[,1]',
    '[,]',
    '[1,,2]',
    '[1 2]',
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1,,"b":2}',
    '{"a":1 "b":2}',
    ',',
    '1,',
    '[1;2]',
  ],
  colons: [
    '{"a" 1}',
    '{"a"::1}',
    '{"a"=1}',
    '{"a":}',
    '{:1}',
    '{"a"}',
    '["a":1]',
    ':',
    '"a":1',
    '{"a":1:2}',
    '{"a",1}',
  ],
  'keys that are no strings': ['{1:1}', '{null:1}', '{[1]:1}', '{true:1}', '{"a":1,2}'],
  'brackets that do not match': [
    '[',
    ']',
    '{',
    '}',
    '[}',
    '{]',
    '[1}',
    '{"a":1]',
    '[[1]',
    '[1]]',
    '{"a":{}',
    '{"a":1}}',
    '[1',
    '(1)',
    '<1>',
  ],
  'more than one value': [
    '{}{}',
    '[][]',
    '1 2',
    '{} {}',
    '{}\n{}',
    'null null',
    '"a""b"',
    '[1]x',
    '{}#',
    '1true',
  ],
};

const REFUSED_BEYOND: Readonly<Record<string, readonly Text[]>> = {
  duplicate_key: [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":null}',
    '{"a":1,"\\u0061":2}',
    '[{"x":{"":1,"":2}}]',
    '{"__proto__":1,"__proto__":2}',
    '{"1":1,"1":2}',
    '{"\\ud83d\\ude00":1,"😀":2}',
  ],
  invalid_unicode: [
    '"\\ud800"',
    '"\\udfff"',
    '"\\ude00\\ud83d"',
    '"\\ud83d"',
    '"\\ud83dx"',
    '"\\ud83d\\n"',
    '"\\ud83d\\ud83d\\ude00"',
    '{"\\udead":1}',
    '["\\uD83D\\u0041"]',
  ],
  depth_exceeded: [
    nested(257),
    '{"a":'.repeat(257) + '1' + '}'.repeat(257),
    '['.repeat(100_000),
    '[{"a":'.repeat(1_000_000),
  ],
  invalid_utf8: [
    ...[
      [0x80],
      [0xbf],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x80],
      [0xe0, 0x9f, 0xbf],
      [0xf0, 0x80, 0x80, 0x80],
    ].map((bytes) => inString(...bytes)),
    ...[
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
    ].map((bytes) => inString(...bytes)),
    ...[
      [0xf5, 0x80, 0x80, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xfe],
      [0xff],
      [0xe9],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
    ].map((bytes) => inString(...bytes)),
    [0xff, 0xfe, 0x31, 0x00],
    [0x31, 0xe9],
    [0x5b, 0x31, 0x2c, 0xc3, 0x5d],
  ],
};

const each = <T>(texts: Readonly<Record<string, readonly T[]>>) =>
  Object.entries(texts).flatMap(([category, all]) =>
    all.map((text) => [category, shown(text), text] as const),
  );
const shown = (text: unknown) => JSON.stringify(text)?.slice(0, 60);

describe('texts that RFC 8259 takes are taken', () => {
  test.each(each(TAKEN))('%s: %s', (_category, _shown, text) => {
    expect(readContent(bytesOf(text), false, true)).toMatchObject({ ok: true });
    expect(judgeText(bytesOf(text))).toMatchObject({ ok: true });
  });
});

describe('texts that RFC 8259 refuses are json_syntax', () => {
  test.each(each(SYNTAX_ERRORS))('%s: %s', (_category, _shown, text) => {
    expect(readContent(bytesOf(text), false, false)).toMatchObject({ ok: false, reason: 'json_syntax' });
    expect(judgeText(bytesOf(text))).toMatchObject({ ok: false });
  });
});

describe('texts about which RFC 8259 leaves the choice are refused', () => {
  test.each(each(REFUSED_BEYOND))('%s: %s', (reason, _shown, text) => {
    expect(readContent(bytesOf(text), false, false)).toMatchObject({ ok: false, reason });
  });
});

describe('at the end of a file', () => {
  const whole = Buffer.from('{"a":[1.5e+3,"\\u00e9\\ud83d\\ude00é😀",true,null,{"b":"c"}]}');

  test('a record that stops short anywhere is truncated', () => {
    for (let length = 1; length < whole.length; length += 1) {
      const content = readContent(whole.subarray(0, length), false, true);
      expect(content, `${length} bytes`).toMatchObject({ ok: false, reason: 'truncated_record' });
    }
  });

  test.each([0x80, 0xc0, 0xc1, 0xf5, 0xf8, 0xfd, 0xff])(
    'byte 0x%s, which begins no character, is not',
    (byte) => {
      const bytes = Buffer.from([0x22, byte]);
      expect(readContent(bytes, false, true)).toMatchObject({ ok: false, reason: 'invalid_utf8' });
    },
  );

  test.each([[[0xe0, 0x80]], [[0xed, 0xa0]], [[0xf0, 0x80]], [[0xf4, 0x90]], [[0xf4, 0x90, 0x80]]])(
    'bytes %j, which no character begins with, are not',
    (bytes) => {
      expect(readContent(Buffer.from([0x22, ...bytes]), false, true)).toMatchObject({
        reason: 'invalid_utf8',
      });
    },
  );
});
