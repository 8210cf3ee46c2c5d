import { BAD_KINDS, kindsWithin } from './storefront-bad-kinds.ts';
import type { BadRecord, StorefrontFormat } from './storefront-ledger.ts';
import { writeCents, writeTimestamp } from './storefront-order.ts';
import type { SeededRandom } from './storefront-random.ts';

/** A bad record that has no place in a file yet. */
export interface DrawnBadRecord extends Pick<BadRecord, 'kind' | 'reason' | 'note'> {
  readonly bytes: Buffer;
}

/** How many bad records there will be: at least one of every kind, so that small data is dirty as well. */
export function countBadRecords(orders: number, badRatio: number, format: StorefrontFormat): number {
  if (badRatio === 0) return 0;
  return Math.max(Math.round(orders * badRatio), kindsOf(format).length);
}

/** Draws bad record number `index` (from 0). Kinds take turns, and so do the variants of a kind. */
export function drawBadRecord(random: SeededRandom, format: StorefrontFormat, index: number): DrawnBadRecord {
  const kinds = kindsOf(format);
  const kind = kinds[index % kinds.length];
  const variant = kind?.variants[Math.floor(index / kinds.length) % kind.variants.length];
  if (kind === undefined || variant === undefined) throw new RangeError(`No kind for bad record ${index}.`);
  const corrupted = variant.corrupt(plainOrder(random, index));
  return { kind: kind.kind, reason: kind.reason, note: variant.note, bytes: Buffer.from(corrupted) };
}

/** The end of a copy that was interrupted: the last line of a file, cut off, with no end of line. */
export function drawCutRecord(random: SeededRandom, index: number): DrawnBadRecord {
  const order = plainOrder(random, index);
  return {
    kind: 'cut_file',
    reason: 'truncated_record',
    note: 'the file ends in the middle of a record',
    bytes: Buffer.from(order.slice(0, order.indexOf('"items"'))),
  };
}

function kindsOf(format: StorefrontFormat): typeof BAD_KINDS {
  return format === 'lines' ? BAD_KINDS : kindsWithin(BAD_KINDS);
}

/** A good order of a fixed form, for one defect to be made in. Its id, beginning with SF-B, is never a good order's. */
function plainOrder(random: SeededRandom, index: number): string {
  const item = (): string =>
    `"product_id":${1 + random.below(40)},"quantity":${1 + random.below(4)}` +
    `,"unit_price":${writeCents(300 + random.below(5_000))}`;
  return (
    `{"order_id":"SF-B${String(index + 1).padStart(8, '0')}","customer_id":${1 + random.below(20)}` +
    `,"created_at":"${writeTimestamp(random.below(366 * 86_400), random.chance(40))}","status":"paid"` +
    `,"channel":{"name":"web","campaign":"spring-sale"},"currency":"EUR"` +
    `,"shipping":{"country":"FR","city":"Lyon","cost":4.90}` +
    `,"items":[{${item()},"discount":0.50},{${item()},"discount":null}]}`
  );
}
