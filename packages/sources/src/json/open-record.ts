/** Of a record that is too large this much is kept, to recognise it by. */
const KEPT_BYTES = 64 * 1024;

/** The bytes of a record that began in an earlier chunk, copied because chunks may be reused. */
export class OpenRecord {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Once the record is too large only its beginning is kept. */
  add(bytes: Buffer): void {
    const fitted = this.#size <= this.#maxBytes;
    this.#size += bytes.length;
    if (!fitted) return;
    this.#parts.push(Buffer.from(bytes));
    if (this.#size > this.#maxBytes) this.#parts = [this.#beginning()];
  }

  /** What was taken for a record is none: half a byte order mark became a whole one. */
  drop(): void {
    this.#parts = [];
    this.#size = 0;
  }

  /** The record, or the beginning of one that is too large; the next record begins empty. */
  take(): Buffer {
    const [first, ...others] = this.#parts;
    const bytes = first !== undefined && others.length === 0 ? first : Buffer.concat(this.#parts);
    this.drop();
    return bytes;
  }

  #beginning(): Buffer {
    return Buffer.from(Buffer.concat(this.#parts).subarray(0, Math.min(KEPT_BYTES, this.#maxBytes)));
  }
}
