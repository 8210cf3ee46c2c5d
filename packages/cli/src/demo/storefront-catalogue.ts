import { SeededRandom } from './storefront-random.ts';

/** What the shop sells. Amounts are whole cents, because fractions of a euro are not exact in floating point. */
export interface Product {
  readonly productId: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly costCents: number;
  readonly listPriceCents: number;
  readonly active: boolean;
}

export interface Customer {
  readonly customerId: number;
  readonly name: string;
  readonly email: string;
  readonly country: string;
  readonly signedUpAt: string;
  readonly segment: string;
  readonly marketingOptIn: boolean;
}

const GOODS: readonly (readonly [category: string, ...nouns: readonly string[]])[] = [
  ['Kitchen', 'Kettle', 'Chopping Board', 'Whisk', 'Saucepan', 'Crêpe Pan'],
  ['Garden', 'Trowel', 'Watering Can', 'Bird Bath', 'Lantern'],
  ['Office', 'Desk Lamp', 'Notebook', 'Fountain Pen', 'Letter Tray'],
  ['Outdoor', 'Backpack', 'Camp Stove', 'Head Torch', 'Thermos'],
  ['Bath', 'Towel', 'Soap Dish', 'Bath Mat', 'Robe'],
  ['Toys', 'Kite', 'Puzzle', 'Spinning Top', 'Wooden Train'],
  ['Textiles', 'Cushion', 'Throw', 'Table Runner', 'Curtain'],
  ['Pantry', 'Olive Oil', 'Espresso Beans', 'Honey', 'Dukkah'],
];
const QUALITIES = ['Alpine', 'Café', 'Classic', 'Folding', 'Nordic', 'Recycled', 'Smörgås', 'Tiny', 'Travel'];
const FIRST_NAMES = [
  'Ada',
  'Björn',
  'Chloé',
  'Dmitri',
  'Eszter',
  'Fatma',
  'Grace',
  'Håkon',
  'Inês',
  'Jürgen',
];
const LAST_NAMES = ["O'Neill", 'Novák', 'Müller', 'García', 'Rossi', 'Łukasik', 'van Dijk', 'Smith', 'Παππά'];
const SEGMENTS = ['consumer', 'consumer', 'consumer', 'business', 'reseller'];

export interface City {
  readonly country: string;
  readonly name: string;
}

/** Where customers live and parcels go. */
export const CITIES: readonly City[] = [
  ...cities('DE', 'Berlin', 'München', 'Köln', 'Leipzig'),
  ...cities('FR', 'Paris', 'Lyon', 'Besançon'),
  ...cities('NL', 'Amsterdam', "'s-Hertogenbosch"),
  ...cities('ES', 'Madrid', 'A Coruña'),
  ...cities('IT', 'Roma', 'Forlì'),
  ...cities('PT', 'Lisboa', 'Évora'),
  ...cities('GR', 'Αθήνα'),
  ...cities('PL', 'Łódź', 'Kraków'),
  ...cities('SE', 'Malmö'),
  ...cities('JP', '東京'),
];

function cities(country: string, ...names: readonly string[]): City[] {
  return names.map((name) => ({ country, name }));
}

/** How many there are for a number of orders: a shop with more orders has more customers, and slowly more goods. */
export function countCustomers(orders: number): number {
  return Math.max(20, Math.ceil(orders / 12));
}

export function countProducts(orders: number): number {
  return Math.min(5_000, Math.max(40, Math.ceil(orders / 300)));
}

export function drawProducts(seed: number, count: number): Product[] {
  const random = SeededRandom.forPart(seed, 'products');
  return Array.from({ length: count }, (_, index) => {
    const [category, ...nouns] = random.pick(GOODS);
    const listPriceCents = 290 + random.below(180) * 50 + random.pick([0, 5, 9]);
    const productId = index + 1;
    return {
      productId,
      sku: `${category.slice(0, 3).toUpperCase()}-${String(productId).padStart(5, '0')}`,
      name: `${random.pick(QUALITIES)} ${random.pick(nouns)}`,
      category,
      costCents: Math.floor((listPriceCents * (35 + random.below(40))) / 100),
      listPriceCents,
      active: !random.chance(6),
    };
  });
}

/** One at a time, because there may be half a million. */
export function* drawCustomers(seed: number, count: number): Generator<Customer> {
  const random = SeededRandom.forPart(seed, 'customers');
  for (let customerId = 1; customerId <= count; customerId += 1) {
    const signedUpAt = new Date(Date.UTC(2019, 0, 1) + random.below(5 * 365 * 86_400) * 1_000);
    yield {
      customerId,
      name: `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`,
      email: `customer${customerId}@example.com`,
      country: random.pick(CITIES).country,
      signedUpAt: signedUpAt.toISOString().replace('.000Z', 'Z'),
      segment: random.pick(SEGMENTS),
      marketingOptIn: random.chance(35),
    };
  }
}
