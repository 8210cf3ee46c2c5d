import { CITIES } from './storefront-catalogue.ts';
import type { Product } from './storefront-catalogue.ts';
import type { SeededRandom } from './storefront-random.ts';

export const STATUSES = ['paid', 'shipped', 'refunded', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

/** One order as a line of JSON, with what the ledger adds up about it. Amounts are whole cents. */
export interface DrawnOrder {
  readonly json: string;
  readonly status: Status;
  readonly items: number;
  readonly units: number;
  readonly grossCents: number;
  readonly discountCents: number;
  readonly shippingCents: number;
}

/** What orders are drawn from. */
export interface OrderSetting {
  readonly orders: number;
  readonly customers: number;
  readonly products: readonly Product[];
}

const FIRST_DAY_MS = Date.UTC(2024, 0, 1);
const DAYS = 366;
const TWO_HOURS = 7_200;
/** Index is the day since FIRST_DAY_MS; one more than DAYS, because 23:00 UTC is the next day at +02:00. */
const DAY_TEXTS = Array.from({ length: DAYS + 1 }, (_, day) =>
  new Date(FIRST_DAY_MS + day * 86_400_000).toISOString().slice(0, 10),
);
const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

/**
 * Written as JSON text, because the point is in the writing: quotes, brackets and line separators inside strings,
 * escapes that stand for two UTF-16 units, words that are values elsewhere. All of it is good JSON.
 */
const CAMPAIGNS = [
  '"spring-sale"',
  '"newsletter-14"',
  '"50% off, today only"',
  String.raw`"\"Back to school\""`,
  String.raw`"test {variant: [b]} }{"`,
  String.raw`"C:\\ads\\q3"`,
  String.raw`"\ud83c\udf84 xmas"`,
  '"soldes d’été\u2028"',
  '"NaN"',
  '"null"',
  '""',
];
const CHANNELS = ['web', 'web', 'web', 'app', 'app', 'marketplace', 'store', 'phone'];
const STATUS_MIX: readonly Status[] = [
  ...Array<Status>(40).fill('paid'),
  ...Array<Status>(48).fill('shipped'),
  ...Array<Status>(7).fill('refunded'),
  ...Array<Status>(5).fill('cancelled'),
];
const ITEM_COUNT_MIX = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5, 6];
/** A gift card that was sent by post, for example, has only its shipping. */
const NO_ITEMS = [',"items":[]', ',"items":null', ''];
const QUANTITY_MIX = [1, 1, 1, 1, 1, 2, 2, 3, 4, 12];
const SHIPPING_CENTS_MIX = [0, 390, 390, 490, 490, 690, 1250];
/** The marketplace numbers its guests beyond 2^53, where a reader that goes through doubles merges neighbours. */
const GUEST_IDS = Array.from({ length: 20 }, (_, guest) => String(9_007_199_254_740_993n + BigInt(guest)));

/** A time in 2024 as the shop writes it: seconds since the year began, either as "Z" or at "+02:00". */
export function writeTimestamp(seconds: number, atTwoHours: boolean): string {
  const local = atTwoHours ? seconds + TWO_HOURS : seconds;
  const inDay = local % 86_400;
  const hour = TWO_DIGITS[Math.floor(inDay / 3_600)];
  const minute = TWO_DIGITS[Math.floor(inDay / 60) % 60];
  const second = TWO_DIGITS[inDay % 60];
  return `${DAY_TEXTS[Math.floor(local / 86_400)]}T${hour}:${minute}:${second}${atTwoHours ? '+02:00' : 'Z'}`;
}

export function writeCents(cents: number): string {
  return `${Math.floor(cents / 100)}.${TWO_DIGITS[cents % 100]}`;
}

/** Draws order number `index` (from 0); orders are spread evenly over 2024 in their order. */
export function drawOrder(random: SeededRandom, setting: OrderSetting, index: number): DrawnOrder {
  const spread = Math.floor((index * (DAYS * 86_400)) / setting.orders);
  const createdAt = writeTimestamp(
    Math.min(spread + random.below(600), DAYS * 86_400 - 1),
    random.chance(40),
  );
  const status = random.pick(STATUS_MIX);
  const city = random.pick(CITIES);
  const shippingCents = random.pick(SHIPPING_CENTS_MIX);
  const lines = drawItems(random, setting.products);
  const json =
    `{"order_id":"SF-${String(index + 1).padStart(9, '0')}","customer_id":${drawCustomerId(random, setting.customers)}` +
    `,"created_at":"${createdAt}","status":"${status}","channel":${drawChannel(random)},"currency":"EUR"` +
    `,"shipping":{"country":"${city.country}","city":"${city.name}","cost":${writeCents(shippingCents)}}` +
    `${lines.json}}`;
  const { items, units, grossCents, discountCents } = lines;
  return { json, status, items, units, grossCents, discountCents, shippingCents };
}

/** Squaring favours low numbers: every shop has its regulars. */
function drawCustomerId(random: SeededRandom, customers: number): string {
  if (random.chance(0.3)) return random.pick(GUEST_IDS);
  const skewed = random.fraction() * random.fraction();
  return String(1 + Math.floor(skewed * customers));
}

function drawChannel(random: SeededRandom): string {
  const name = random.pick(CHANNELS);
  const kind = random.below(10);
  if (kind === 0) return `{"name":"${name}"}`;
  return `{"name":"${name}","campaign":${kind < 7 ? 'null' : random.pick(CAMPAIGNS)}}`;
}

function drawItems(
  random: SeededRandom,
  products: readonly Product[],
): Pick<DrawnOrder, 'json' | 'items' | 'units' | 'grossCents' | 'discountCents'> {
  if (random.chance(0.1))
    return { json: random.pick(NO_ITEMS), items: 0, units: 0, grossCents: 0, discountCents: 0 };
  const items = random.pick(ITEM_COUNT_MIX);
  let units = 0;
  let grossCents = 0;
  let discountCents = 0;
  let json = ',"items":[';
  for (let line = 0; line < items; line += 1) {
    const quantity = random.pick(QUANTITY_MIX);
    const { productId, priceCents } = drawSale(random, products);
    const amountCents = quantity * priceCents;
    const discounted = random.chance(20) ? Math.floor((amountCents * (1 + random.below(20))) / 100) : 0;
    units += quantity;
    grossCents += amountCents;
    discountCents += discounted;
    json +=
      `${line === 0 ? '' : ','}{"product_id":${productId},"quantity":${writeQuantity(random, quantity)}` +
      `,"unit_price":${writePrice(random, priceCents)}${writeDiscount(random, discounted)}}`;
  }
  return { json: `${json}]`, items, units, grossCents, discountCents };
}

/** A few sales are of products that the catalogue no longer has. */
function drawSale(
  random: SeededRandom,
  products: readonly Product[],
): { readonly productId: number; readonly priceCents: number } {
  if (random.chance(0.2)) return { productId: products.length + 1 + random.below(3), priceCents: 1_990 };
  const product =
    products[Math.floor(random.fraction() * random.fraction() * products.length)] ?? random.pick(products);
  const priceCents = random.chance(15) ? product.listPriceCents - 100 : product.listPriceCents;
  return { productId: product.productId, priceCents };
}

/** A whole number is whole in every notation. */
function writeQuantity(random: SeededRandom, quantity: number): string {
  return random.chance(0.3) ? `${quantity}${random.pick(['.0', 'e0', '.0E+00'])}` : String(quantity);
}

/** Some exports leave out zeros that say nothing: 12.5, 12. */
function writePrice(random: SeededRandom, cents: number): string {
  return random.chance(5) ? String(cents / 100) : writeCents(cents);
}

/** No discount is written in two ways, as real exports do: null, or no field at all. */
function writeDiscount(random: SeededRandom, cents: number): string {
  if (cents > 0) return `,"discount":${writeCents(cents)}`;
  return random.chance(75) ? ',"discount":null' : '';
}
