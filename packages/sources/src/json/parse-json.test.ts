import { describe, expect, it } from 'vitest';

import { ExactNumber, type SourceValue } from '../source-value.ts';
import { toJsonText } from '../judge/json-text.ts';
import { parseJson } from './parse-json.ts';

const SURROGATE = '\\ud83d';

/** Texts that RFC 8259 allows, with the value JSON.parse gives, in the manner of the classes y_ of JSONTestSuite. */
const ACCEPTED: readonly string[] = [
  ...['null', 'true', 'false', '0', '42', '-1', '3.5', '-0.25', '""', '"a"', '[]', '{}', '[[]]', '{"a":{}}'],
  ...[
    ' \t\r\n[ 1 , 2 ] \n',
    '{"a":1,"b":2}',
    '{ "a" : [ { "b" : null } ] }',
    '[null,true,false]',
    '[1,[2,[3]]]',
  ],
  ...[
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    '"\\u0000"',
    '"\\u00e9\\u00E9"',
    '"\\uD83D\\uDE00"',
    '"\u007f"',
    '"\u2028"',
  ],
  ...[
    '"😀"',
    '"é"',
    '{"":0}',
    '{"a\\u0000b":1}',
    '{"\\u0061":1}',
    '["\\u0022"]',
    '[""]',
    '"\uFEFF"',
    '"\u{10FFFF}"',
  ],
  ...['{"__proto__":{"x":1}}', '{"constructor":1,"toString":2}', '{"a":1,"A":2}', '{"e\u0301":1,"\u00e9":2}'],
];

/** Texts that RFC 8259 forbids, as in the classes n_, each with a part of the message it must get. */
const FORBIDDEN: readonly (readonly [text: string, message: string])[] = [
  ['', 'ends at character 1'],
  ['   ', 'ends at character 4'],
  ['[1,]', "Unexpected ']' at character 4"],
  ['[,1]', "Unexpected ',' at character 2"],
  ['[1,,2]', "Unexpected ',' at character 4"],
  ['[1 2]', "Unexpected '2' at character 4"],
  ['{"a":1,}', "Unexpected '}' at character 8"],
  ['{,}', "Unexpected ',' at character 2"],
  ['{"a"}', "Unexpected '}' at character 5"],
  ['{"a" 1}', "Unexpected '1' at character 6"],
  ['{"a":}', "Unexpected '}' at character 6"],
  ['{a:1}', "Unexpected 'a' at character 2"],
  ["{'a':1}", "Unexpected ''' at character 2"],
  ['{1:1}', "Unexpected '1' at character 2"],
  ['{"a":1 "b":2}', "Unexpected '\"' at character 8"],
  ['{"a":1,,"b":2}', "Unexpected ',' at character 8"],
  ['NaN', "Unexpected 'N' at character 1"],
  ['[-NaN]', "Unexpected 'N' at character 3"],
  ['Infinity', "Unexpected 'I' at character 1"],
  ['-Infinity', "Unexpected 'I' at character 2"],
  ['+1', "Unexpected '+' at character 1"],
  ['.5', "Unexpected '.' at character 1"],
  ['5.', 'ends at character 3'],
  ['5.e1', "Unexpected 'e' at character 3"],
  ['01', "Unexpected '1' at character 2"],
  ['-01', "Unexpected '1' at character 3"],
  ['00', "Unexpected '0' at character 2"],
  ['1e', 'ends at character 3'],
  ['1e+', 'ends at character 4'],
  ['1.5e', 'ends at character 5'],
  ['0x1F', "Unexpected 'x' at character 2"],
  ['1_000', "Unexpected '_' at character 2"],
  ['1a', "Unexpected 'a' at character 2"],
  ['-', 'ends at character 2'],
  ['--1', "Unexpected '-' at character 2"],
  ['１', "Unexpected '１' at character 1"],
  ['nul', 'ends at character 4'],
  ['nulL', "Unexpected 'L' at character 4"],
  ['True', "Unexpected 'T' at character 1"],
  ['truetrue', "Unexpected 't' at character 5"],
  ['"', 'ends at character 2'],
  ['"abc', 'ends at character 5'],
  ['"\t"', 'Unexpected U+0009 at character 2'],
  ['"a\nb"', 'Unexpected U+000A at character 3'],
  ['"\\x41"', "Unexpected 'x' at character 3"],
  ['"\\u12"', "Unexpected '\"' at character 6"],
  ['"\\u12G4"', "Unexpected 'G' at character 6"],
  ['"\\', 'ends at character 3'],
  ['"\\n\t"', 'Unexpected U+0009 at character 4'],
  ['"\\', 'ends at character 3'],
  ['{}{}', "Unexpected '{' at character 3"],
  ['{"a":1} x', "Unexpected 'x' at character 9"],
  ['[1]]', "Unexpected ']' at character 4"],
  ['[1}', "Unexpected '}' at character 3"],
  ['{"a":1]', "Unexpected ']' at character 7"],
  ['[', 'ends at character 2'],
  ['{', 'ends at character 2'],
  ['[1', 'ends at character 3'],
  ['{"a"', 'ends at character 5'],
  ['{"a":', 'ends at character 6'],
  ['{"a":1', 'ends at character 7'],
  [']', "Unexpected ']' at character 1"],
  ['/* c */1', "Unexpected '/' at character 1"],
  ['1 // c', "Unexpected '/' at character 3"],
  ['\uFEFF{}', 'Unexpected U+FEFF at character 1'],
  ['\u00a0{}', 'Unexpected U+00A0 at character 1'],
  ['\u2028{}', 'Unexpected U+2028 at character 1'],
  ['\f{}', 'Unexpected U+000C at character 1'],
  ['{}\0', 'Unexpected U+0000 at character 3'],
  ['😀', "Unexpected '😀' at character 1"],
];

describe('parseJson', () => {
  it.each(ACCEPTED)('accepts %j as JSON.parse does', (text) => {
    const parsed = parseJson(text);
    expect(parsed.ok && toJsonText(parsed.value)).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each(FORBIDDEN)('refuses %j', (text, message) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(parseJson(text)).toMatchObject({
      ok: false,
      reason: 'json_syntax',
      message: expect.stringContaining(message) as string,
    });
  });

  it('says whether the text was cut off', () => {
    const record = '{"a":[1,{"b":"x\\n\\ud83d\\ude00y"}],"c":true,"d":-1.5e+3,"e":null}';
    for (let length = 0; length < record.length; length += 1) {
      expect(parseJson(record.slice(0, length)), record.slice(0, length)).toMatchObject({
        reason: 'json_syntax',
        cut: true,
      });
    }
    expect(parseJson('{"a":x}')).toMatchObject({ cut: false });
  });

  it('refuses half a surrogate pair', () => {
    for (const text of [
      `"${SURROGATE}"`,
      `"${SURROGATE}x"`,
      `"${SURROGATE}${SURROGATE}"`,
      '"\\ude00"',
      `"${SURROGATE}\\u0041"`,
      `{"${SURROGATE}":1}`,
      `"${SURROGATE}\\n"`,
    ]) {
      expect(parseJson(text), text).toMatchObject({ ok: false, reason: 'invalid_unicode' });
    }
    expect(parseJson(`["a${SURROGATE}"]`)).toMatchObject({
      message: expect.stringContaining('\\ud83d at character 4') as string,
    });
  });

  it('refuses a key that stands twice, however it is written and wherever it stands', () => {
    const twice = [
      '{"a":1,"a":2}',
      '{"a":1,"b":2,"a":1}',
      '{"a":1,"\\u0061":2}',
      '{"\\u0061":1,"a":2}',
      '{"x":{"y":[{"":0,"":0}]}}',
    ];
    for (const text of [...twice, ...twice]) {
      expect(parseJson(text), text).toMatchObject({ ok: false, reason: 'duplicate_key' });
    }
    expect(parseJson('{"a":1,"b":2,"a":1}')).toMatchObject({
      message: 'The key "a" stands again at character 14.',
    });
    expect(parseJson('{"__proto__":1,"__proto__":2}')).toMatchObject({ reason: 'duplicate_key' });
    expect(parseJson('{"a":null,"a":null}')).toMatchObject({ reason: 'duplicate_key' });
  });

  it('finds duplicates as well when there are too many keys to remember', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `"key ${index}":${index}`);
    const parsed = parseJson(`{${keys.join()}}`);
    expect(parsed.ok && Object.keys(parsed.value as object)).toHaveLength(20_000);
    expect(parseJson(`{${keys.join()},"key 19999":0}`)).toMatchObject({ reason: 'duplicate_key' });
    expect(parseJson(`{${keys.join()},"key 3":0}`)).toMatchObject({ reason: 'duplicate_key' });
  });

  it('stays right while it forgets keys and learns others', () => {
    for (let id = 0; id < 30_000; id += 1) {
      const parsed = parseJson(`{"${id}":{"x":${id},"y":[]},"x${id}":{"x":1,"y":2}}`);
      if (!parsed.ok || toJsonText(parsed.value) !== `{"${id}":{"x":${id},"y":[]},"x${id}":{"x":1,"y":2}}`) {
        expect.unreachable(`wrong at ${id}`);
      }
      if (parseJson(`{"${id}":1,"x${id}":{"x":1,"x":2}}`).ok) expect.unreachable(`wrong at ${id}`);
    }
  });

  it('takes names of the object prototype as plain keys', () => {
    const parsed = parseJson('{"__proto__":{"polluted":true},"constructor":1}');
    const value = (parsed.ok ? parsed.value : null) as Record<string, SourceValue>;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect('hasOwnProperty' in value).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const empty = parseJson('{}');
    expect(empty.ok && (empty.value as Record<string, unknown>)['constructor']).toBeUndefined();
  });

  it('stops at the depth limit without running out of stack', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(256)).ok).toBe(true);
    expect(parseJson(nested(257))).toMatchObject({
      reason: 'depth_exceeded',
      message: expect.stringContaining('character 257') as string,
    });
    expect(parseJson('['.repeat(1_000_000))).toMatchObject({ reason: 'depth_exceeded' });
    expect(parseJson('{"a":'.repeat(100_000))).toMatchObject({ reason: 'depth_exceeded' });
    expect(parseJson('[[1]]', { maxDepth: 1 })).toMatchObject({ reason: 'depth_exceeded' });
  });

  it('is none the worse after a fault', () => {
    parseJson('[[[[');
    expect(parseJson('['.repeat(256) + ']'.repeat(256)).ok).toBe(true);
  });

  it.each([
    '0',
    '7',
    '-7',
    '123456789012345',
    '-123456789012345',
    '0.5',
    '0.1',
    '-12.25',
    '12345.678901234',
    '0.000001',
    '0.00000123',
    '999999999999.999',
  ])('gives %s as a number that is written the same', (text) => {
    const parsed = parseJson(text);
    expect(parsed).toEqual({ ok: true, value: Number(text) });
    expect(String(Number(text))).toBe(text);
  });

  it.each([
    '-0',
    '1.0',
    '1.50',
    '0.0',
    '1e3',
    '1E3',
    '1e-3',
    '1.5e+300',
    '1e400',
    '-1e400',
    '1e-400',
    '0.0000001',
    '1234567890123456',
    '9007199254740993',
    '18446744073709551616',
    '0.1234567890123456',
    '123456789012.3456',
    '-9223372036854775808',
  ])('keeps %s as it was written', (text) => {
    expect(parseJson(`[${text}]`)).toEqual({ ok: true, value: [new ExactNumber(text)] });
  });

  it('agrees with JSON.parse on damaged texts', () => {
    const random = randomBelow(7);
    const letters = '{}[]",:\\/u0123456789abcdeEfnrtl+-. \n\t\0é😀';
    const seed = '{"id":12,"name":"a\\u00e9\\n","tags":["x",true,null,-1.5e2],"in":{"k":[{},[]],"v":0.10}}';
    let refused = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const characters = [...seed];
      for (let change = random(3); change >= 0; change -= 1) {
        const at = random(characters.length);
        const letter = [...letters][random([...letters].length)] ?? '';
        characters.splice(at, random(3), ...(random(2) === 0 ? [] : [letter]));
      }
      const text = characters.join('');
      const parsed = parseJson(text);
      if (!parsed.ok && parsed.reason !== 'json_syntax') continue;
      const expected = referenceParse(text);
      expect(parsed.ok, text).toBe(expected !== undefined);
      if (!parsed.ok) refused += 1;
      else expect(JSON.parse(toJsonText(parsed.value) ?? '')).toEqual(expected);
    }
    expect(refused).toBeGreaterThan(5000);
  });
});

function referenceParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The same numbers in each run. */
function randomBelow(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
}
