import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readRowJson, rowJson, type RowSource } from './row-json.ts';
import { ExactNumber, type SourceValue } from './source-value.ts';

function again(value: SourceValue, source: RowSource): SourceValue {
  const content = readRowJson(Buffer.from(rowJson(['a'], [value], source)), source);
  if (!content.ok) throw new Error(content.message);
  return (content.value as { a: SourceValue }).a;
}

const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => new Uint8Array(array));
const special = fc.constantFrom(
  5,
  -0,
  0,
  2 ** 53,
  2 ** 60,
  2 ** 63,
  1e21,
  1e300,
  5e-324,
  Number.MAX_VALUE,
  Number.NaN,
  Infinity,
  -Infinity,
);
const double = fc.oneof(fc.double(), special);
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('a row that was kept as JSON', () => {
  it('of SQLite comes back with values and storage classes', () => {
    fc.assert(
      fc.property(fc.oneof(text, bytes, double, integer, fc.constant(null)), (value) => {
        expect(again(value, 'sqlite')).toStrictEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('of Parquet comes back with its doubles, texts and bytes, however they are nested', () => {
    const leaf = fc.oneof(text, bytes, double, fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec<{ tree: SourceValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('a', '$bytes', '$number', '$$x', '$'), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(normal(again(value, 'parquet'))).toStrictEqual(normal(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('of Parquet comes back with integers of any size and decimals of all digits', () => {
    for (const digits of ['9007199254740993', '-9223372036854775808', '12345678901234567890123']) {
      expect(again(BigInt(digits), 'parquet')).toEqual(new ExactNumber(digits));
    }
    expect(again(new ExactNumber('12.50'), 'parquet')).toEqual(new ExactNumber('12.50'));
  });

  it('that a person wrote a number into has this number, or is left to be refused', () => {
    const read = (raw: string) => readRowJson(Buffer.from(raw), 'sqlite');
    expect(read('{"a": 12.50}')).toMatchObject({ ok: true, value: { a: 12.5 } });
    expect(read('{"a": 1e400}')).toMatchObject({ ok: true, value: { a: new ExactNumber('1e400') } });
    expect(read('{"a": 0.12345678901234567890123}')).toMatchObject({
      ok: true,
      value: { a: new ExactNumber('0.12345678901234567890123') },
    });
    expect(read('{"a": }')).toMatchObject({ ok: false, reason: 'json_syntax' });
  });
});

/** Without prototypes, of which objects of a source have one of their own. */
function normal(value: SourceValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof ExactNumber) return Number(value.text);
  return Object.entries(value).map(([key, item]) => [key, normal(item)]);
}
