/**
 * Makes decisions at random. Every one is an integer from a range whose beginning is the simplest choice, so that
 * what draws them can be a seeded generator here and one that shrinks (fast-check) elsewhere.
 */
export class Draw {
  /** @type {(min: number, max: number) => number} from `min` to `max`, both included */
  int;

  /** @param {(min: number, max: number) => number} int */
  constructor(int) {
    this.int = int;
  }

  /** @param {number} percent how often the answer is yes */
  chance(percent) {
    return this.int(0, 99) >= 100 - percent;
  }

  /**
   * @template T
   * @param {readonly T[]} choices
   * @returns {T}
   */
  pick(choices) {
    return /** @type {T} */ (choices[this.int(0, choices.length - 1)]);
  }

  /**
   * @template T
   * @param {number} min
   * @param {number} max
   * @param {(index: number) => T} make
   * @returns {T[]}
   */
  list(min, max, make) {
    return Array.from({ length: this.int(min, max) }, (_, index) => make(index));
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @returns {T[]}
   */
  shuffle(items) {
    const shuffled = [...items];
    for (let at = shuffled.length - 1; at > 0; at -= 1) {
      const other = at - this.int(0, at);
      const kept = /** @type {T} */ (shuffled[at]);
      shuffled[at] = /** @type {T} */ (shuffled[other]);
      shuffled[other] = kept;
    }
    return shuffled;
  }

  /** @param {number} digits at most so many; a number with that many digits or fewer */
  digits(digits) {
    return BigInt(this.list(1, digits, () => this.int(0, 9)).join(''));
  }
}

/**
 * The same decisions for the same seed, on every machine (mulberry32).
 * @param {number} seed
 */
export function seededDraw(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return new Draw((min, max) => min + Math.floor(next() * (max - min + 1)));
}
