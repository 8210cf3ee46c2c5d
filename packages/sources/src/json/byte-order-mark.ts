const MARK = [0xef, 0xbb, 0xbf];

/** Passes over a byte order mark at the beginning of a file; anywhere else those bytes are data. */
export class ByteOrderMark {
  #met = 0;

  /** Whether this byte, `offset` bytes into the file, belongs to the mark. To be asked for each byte from the first on. */
  pass(byte: number | undefined, offset: number): boolean {
    if (byte === undefined || offset !== this.#met || byte !== MARK[offset]) return false;
    this.#met += 1;
    return true;
  }

  /** Whether only a part of the mark was met. */
  get isPart(): boolean {
    return this.#met > 0 && this.#met < MARK.length;
  }
}
