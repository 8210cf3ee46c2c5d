import { countBadRecords, drawBadRecord, drawCutRecord } from './storefront-bad-records.ts';
import type { DrawnBadRecord } from './storefront-bad-records.ts';
import type { StorefrontFormat } from './storefront-ledger.ts';
import type { DrawnOrder, OrderSetting } from './storefront-order.ts';
import { drawOrder } from './storefront-order.ts';
import { SeededRandom } from './storefront-random.ts';

/** What comes next in a file. */
export type Dealt =
  | { readonly kind: 'order'; readonly order: DrawnOrder }
  | { readonly kind: 'bad'; readonly bad: DrawnBadRecord }
  | { readonly kind: 'blank'; readonly text: string };

export interface DeckOptions {
  readonly seed: number;
  readonly format: StorefrontFormat;
  /** Bad records per good order; 0 gives clean data. */
  readonly badRatio: number;
  readonly setting: OrderSetting;
}

const BLANKS = ['', '   ', '\t', ''];
const BAD_PER_BLANK = 4;

/**
 * Good orders in their order, with bad records and blank lines strewn between them. What is bad is drawn from a
 * sequence of its own and comes on top: the good orders of a seed are the same with and without it.
 */
export class Deck {
  readonly #options: DeckOptions;
  readonly #goodRandom: SeededRandom;
  readonly #badRandom: SeededRandom;
  readonly #bad: Spread;
  readonly #blank: Spread;

  constructor(options: DeckOptions) {
    const { seed, format, badRatio, setting } = options;
    const badRecords = countBadRecords(setting.orders, badRatio, format);
    const blanks = format === 'lines' ? Math.ceil(badRecords / BAD_PER_BLANK) : 0;
    this.#options = options;
    this.#goodRandom = SeededRandom.forPart(seed, 'orders');
    this.#badRandom = SeededRandom.forPart(seed, 'bad records');
    this.#bad = new Spread(SeededRandom.forPart(seed, 'places of bad records'), badRecords, setting.orders);
    this.#blank = new Spread(SeededRandom.forPart(seed, 'places of blank lines'), blanks, setting.orders);
  }

  /**
   * Deals the orders from `first` up to, not including, `end` with what is strewn between them; to be called for one
   * range after the other. A range begins with a good order: a file whose first record is bad is a test of how
   * formats are detected, and this data is not about that.
   */
  *deal(first: number, end: number): Generator<Dealt> {
    const { setting, format } = this.#options;
    for (let index = first; index < end; index += 1) {
      yield { kind: 'order', order: drawOrder(this.#goodRandom, setting, index) };
      for (const number of this.#bad.take(index)) {
        yield { kind: 'bad', bad: drawBadRecord(this.#badRandom, format, number) };
      }
      for (const number of this.#blank.take(index)) {
        yield { kind: 'blank', text: BLANKS[number % BLANKS.length] ?? '' };
      }
    }
    if (end === setting.orders && format === 'lines' && this.#bad.count > 0) {
      yield { kind: 'bad', bad: drawCutRecord(this.#badRandom, this.#bad.count) };
    }
  }
}

/** Spreads `count` things evenly but irregularly over the places from 0 to `places`. */
class Spread {
  readonly count: number;
  readonly #random: SeededRandom;
  readonly #places: number;
  #taken = 0;
  #next = 0;

  constructor(random: SeededRandom, count: number, places: number) {
    this.#random = random;
    this.count = count;
    this.#places = places;
    this.#findNext();
  }

  /** Numbers of the things at this place; places are asked for in ascending order. */
  *take(place: number): Generator<number> {
    while (this.#taken < this.count && this.#next <= place) {
      const number = this.#taken;
      this.#taken += 1;
      this.#findNext();
      yield number;
    }
  }

  #findNext(): void {
    this.#next = Math.floor(
      ((this.#taken + this.#random.fraction()) * this.#places) / Math.max(this.count, 1),
    );
  }
}
