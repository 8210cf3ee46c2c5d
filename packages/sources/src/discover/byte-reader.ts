/** Takes bytes by number, out of chunks of any size. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, fewer only where the input ends. */
  async take(count: number): Promise<Buffer> {
    await this.#hold(count);
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  /** Passes over bytes without keeping them; returns how many there were. */
  async skip(count: number): Promise<number> {
    let skipped = 0;
    while (skipped < count) {
      await this.#hold(1);
      if (this.#held.length === 0) return skipped;
      const step = Math.min(count - skipped, this.#held.length);
      this.#held = this.#held.subarray(step);
      skipped += step;
    }
    return skipped;
  }

  /** To be called when nothing more is wanted, at the end or before it. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #hold(count: number): Promise<void> {
    const parts = [this.#held];
    let length = this.#held.length;
    while (length < count) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      length += next.value.byteLength;
    }
    if (parts.length > 1) this.#held = Buffer.concat(parts);
  }
}
