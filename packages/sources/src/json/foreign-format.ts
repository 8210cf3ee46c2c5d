/** Something other than text in UTF-8, as its first bytes tell. */
export interface ForeignFormat {
  /** To follow `The file is`. */
  readonly what: string;
  readonly hint: string;
}

/** The longer ones first where one begins like another. */
const BYTE_ORDER_MARKS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['UTF-32LE', [0xff, 0xfe, 0, 0]],
  ['UTF-32BE', [0, 0, 0xfe, 0xff]],
  ['UTF-16LE', [0xff, 0xfe]],
  ['UTF-16BE', [0xfe, 0xff]],
];

const SIGNATURES: readonly (readonly [what: string, signature: string])[] = [
  ['compressed with gzip', '\x1f\x8b'],
  ['compressed with zstd', '\x28\xb5\x2f\xfd'],
  ['compressed with bzip2', 'BZh'],
  ['compressed with xz', '\xfd7zXZ\0'],
  ['a zip archive (or an Excel workbook)', 'PK\x03\x04'],
  ['a Parquet file', 'PAR1'],
  ['an SQLite database', 'SQLite format 3\0'],
  ['an Avro file', 'Obj\x01'],
  ['an Arrow file', 'ARROW1'],
  ['a PDF', '%PDF-'],
];

/** HTML is what servers answer instead of the file that was asked for. */
const MARKUP = /^(?:\xef\xbb\xbf)?\s*<(?:(!doctype html|html|head|body)|(\?xml))\b/i;
const LOOKED_AT = 64;

/** Null when the bytes may be text in UTF-8. */
export function foreignFormat(head: Uint8Array): ForeignFormat | null {
  const encoding = foreignEncoding(head);
  if (encoding !== null) {
    return {
      what: `encoded in ${encoding}`,
      hint: `Convert it to UTF-8, for example with iconv -f ${encoding} -t UTF-8.`,
    };
  }
  const text = Buffer.from(head.subarray(0, LOOKED_AT)).toString('latin1');
  const [what] = SIGNATURES.find(([, signature]) => text.startsWith(signature)) ?? [];
  if (what !== undefined) return { what, hint: 'Check the path and the type of the source.' };
  const markup = MARKUP.exec(text);
  if (markup === null) return null;
  return {
    what: markup[1] === undefined ? 'XML' : 'an HTML page',
    hint: 'It may be the answer of a server in place of the data: look into it.',
  };
}

/** The encoding of a text that is not UTF-8: by its byte order mark, or by the zero bytes that ASCII characters have in it. */
export function foreignEncoding(head: Uint8Array): string | null {
  const marked = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, index) => head[index] === byte));
  if (marked !== undefined) return marked[0];
  const zeros = [...head.subarray(0, 4)].map((byte) => (byte === 0 ? '0' : 'x')).join('');
  if (zeros === 'x000') return 'UTF-32LE';
  if (zeros === '000x') return 'UTF-32BE';
  if (/^x0(?:x0?)?$/.test(zeros)) return 'UTF-16LE';
  return /^0x(?:0x?)?$/.test(zeros) ? 'UTF-16BE' : null;
}
