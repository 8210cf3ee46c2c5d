import type { Decoding } from '@millrace/shared/core/decoding';
import { fail } from '@millrace/shared/core/errors';

/** From here on the ratio is looked at: less does no harm, and short files of one repeated line compress very well. */
const FREE_BYTES = 64 * 1024 * 1024;

/** Throws `size_exceeded` when a file has more bytes than its source allows, as stored or as unpacked so far. */
export function requireWithinSize(bytes: number, { maxBytes }: Decoding, file: string): void {
  if (bytes <= maxBytes) return;
  throw fail('size_exceeded', {
    message: `The file has more than ${maxBytes} bytes of content.`,
    where: file,
    hint: 'If it is to be so large, raise `file_limits: { max_bytes: … }` of the source.',
  });
}

/**
 * Watches a file while it is unpacked: a few megabytes can be made to unpack to more than any disk holds.
 * Throws `ratio_exceeded` or `size_exceeded`.
 */
export class UnpackingMeter {
  readonly #decoding: Decoding;
  readonly #file: string;
  #storedBytes = 0;
  #contentBytes = 0;

  constructor(decoding: Decoding, file: string) {
    this.#decoding = decoding;
    this.#file = file;
  }

  /** Passes the stored bytes on and counts them. */
  async *stored(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of chunks) {
      this.#storedBytes += chunk.length;
      yield chunk;
    }
  }

  /** To be called for each piece of content, before it is used. */
  countContent(bytes: number): void {
    this.#contentBytes += bytes;
    requireWithinSize(this.#contentBytes, this.#decoding, this.#file);
    const { maxRatio } = this.#decoding;
    if (this.#contentBytes <= FREE_BYTES || this.#contentBytes <= maxRatio * this.#storedBytes) return;
    throw fail('ratio_exceeded', {
      message: `${this.#storedBytes} bytes unpack to ${this.#contentBytes} and more, over ${maxRatio} times as many.`,
      where: this.#file,
      hint: 'It may be a bomb. If it is data that compresses so well, raise `file_limits: { max_ratio: … }` of the source.',
    });
  }
}
