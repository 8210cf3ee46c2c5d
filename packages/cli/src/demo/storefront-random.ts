/**
 * Random numbers that are the same for a seed on every machine and Node version: mulberry32, which is 32-bit integer
 * arithmetic only. `Math.random` cannot be seeded, and `Math.log` or `Math.pow` may differ in the last bit.
 */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /**
   * An independent sequence for one part of the data, so that drawing more of one part (bad records, say) leaves
   * every other part as it was.
   */
  static forPart(seed: number, part: string): SeededRandom {
    let state = seed | 0;
    for (let at = 0; at < part.length; at += 1) {
      state = Math.imul(state ^ part.charCodeAt(at), 0x01000193);
    }
    return new SeededRandom(state);
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** True `percent` times in 100. */
  chance(percent: number): boolean {
    return this.fraction() * 100 < percent;
  }

  /** Throws on an empty list, which only a mistake in this folder could pass. */
  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('Nothing to pick from.');
    return choice;
  }
}
