/**
 * Finds a byte again and again in the same window, and remembers where it was found: asking for a byte that is
 * rare costs one pass over the window instead of one per record.
 */
export class ByteFinder {
  readonly byte: number;
  #position = -1;

  constructor(byte: number) {
    this.byte = byte;
  }

  /** The window has changed, or an earlier position than the last one is going to be asked for. */
  forget(): void {
    this.#position = -1;
  }

  /**
   * Position of the first such byte at or behind `from`; the window's length when there is none. (Infinity would
   * read better, but V8 keeps a field that may hold it as a float, at half the speed of the whole scan.)
   */
  find(window: Buffer, from: number): number {
    if (this.#position < from) {
      const found = window.indexOf(this.byte, from);
      this.#position = found === -1 ? window.length : found;
    }
    return this.#position;
  }
}
