import type { Encoding } from '@millrace/shared/core/decoding';

/** Takes the bytes of a text piece by piece, cut anywhere, and gives them in UTF-8. */
interface Transcoder {
  take(bytes: Buffer): Buffer;
  /** What is left when the text has ended. */
  end(): Buffer;
}

/**
 * Text in UTF-8, whatever it was encoded in. Nothing is repaired: what is no character (half a surrogate pair, one of
 * the five bytes that Windows-1252 has no character for, half a unit at the end) becomes bytes that are not valid
 * UTF-8 either, so that its record is rejected and its neighbours are read.
 */
export async function* transcode(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
): AsyncIterable<Uint8Array> {
  if (encoding === 'utf-8') {
    yield* chunks;
    return;
  }
  const transcoder = createTranscoder(encoding);
  for await (const chunk of chunks) {
    const text = transcoder.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (text.length > 0) yield text;
  }
  const rest = transcoder.end();
  if (rest.length > 0) yield rest;
}

/** The beginning of a text in UTF-8, without a character that it may end within. */
export function transcodeBeginning(bytes: Buffer, encoding: Encoding): Buffer {
  return encoding === 'utf-8' ? bytes : createTranscoder(encoding).take(bytes);
}

function createTranscoder(encoding: Exclude<Encoding, 'utf-8'>): Transcoder {
  switch (encoding) {
    case 'utf-16le':
      return new Utf16(false);
    case 'utf-16be':
      return new Utf16(true);
    case 'latin1':
      return { take: (bytes) => Buffer.from(bytes.toString('latin1')), end: () => NOTHING };
    case 'windows-1252':
      return { take: fromWindows1252, end: () => NOTHING };
  }
}

const NOTHING = Buffer.alloc(0);
/** No character in UTF-8 has this byte. */
const NO_CHARACTER = Buffer.from([0xff]);
/** The first of four bytes: at the end of a text a character that was cut off. */
const CUT_CHARACTER = Buffer.from([0xf0]);

const LONE_SURROGATES = /\p{Surrogate}/u;
const AROUND_LONE_SURROGATES = /(\p{Surrogate})/u;

class Utf16 implements Transcoder {
  readonly #bigEndian: boolean;
  /** Half a unit, or the unit that is half a pair. */
  #rest: Buffer = NOTHING;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  take(bytes: Buffer): Buffer {
    const held = Buffer.concat([this.#rest, bytes]);
    let end = held.length - (held.length % 2);
    if (end > 0 && this.#isHighSurrogate(held, end - 2)) end -= 2;
    this.#rest = Buffer.from(held.subarray(end));
    const units = held.subarray(0, end);
    return toUtf8((this.#bigEndian ? units.swap16() : units).toString('utf16le'));
  }

  end(): Buffer {
    return this.#rest.length === 0 ? NOTHING : CUT_CHARACTER;
  }

  #isHighSurrogate(bytes: Buffer, at: number): boolean {
    const unit = this.#bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
    return unit >= 0xd800 && unit < 0xdc00;
  }
}

function toUtf8(text: string): Buffer {
  if (!LONE_SURROGATES.test(text)) return Buffer.from(text);
  const parts = text.split(AROUND_LONE_SURROGATES);
  return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : NO_CHARACTER)));
}

/** The characters of the bytes 0x80 to 0x9f; the others are those of Latin-1, and for U+FFFD there is none. */
const WINDOWS_1252 = '€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ';

function fromWindows1252(bytes: Buffer): Buffer {
  const text = bytes
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80] ?? '\uFFFD');
  if (!text.includes('\uFFFD')) return Buffer.from(text);
  const parts = text.split('\uFFFD').flatMap((part) => [NO_CHARACTER, Buffer.from(part)]);
  return Buffer.concat(parts.slice(1));
}
