import type { RejectReason } from '@millrace/shared/core/reject';

import type { DrawnOrder, Status } from './storefront-order.ts';
import { STATUSES } from './storefront-order.ts';

export const STOREFRONT_FORMATS = ['lines', 'array', 'document'] as const;
/** One order per line; one array per file; or the array under `data.orders` of a document. */
export type StorefrontFormat = (typeof STOREFRONT_FORMATS)[number];

/** A record that must be rejected, at the place where a reader must find it. Offsets are of decompressed bytes. */
export interface BadRecord {
  readonly file: string;
  /** From 1, all lines counted. */
  readonly line: number;
  /** From 1, blank lines not counted. */
  readonly record_number: number;
  readonly byte_offset: number;
  readonly byte_length: number;
  readonly kind: string;
  readonly reason: RejectReason;
  readonly note: string;
}

export interface OrderFile {
  readonly file: string;
  readonly records: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly blank_lines: number;
  /** Decompressed. */
  readonly size_bytes: number;
}

/** Sums over the good orders, in whole cents, whatever their status. */
export interface StorefrontTotals {
  orders: number;
  items: number;
  units: number;
  gross_cents: number;
  discount_cents: number;
  shipping_cents: number;
  readonly orders_by_status: Record<Status, number>;
}

/** The content of `bad-records.json`. Keys are written as the tables and `--json` outputs write them. */
export interface StorefrontLedger {
  readonly seed: number;
  readonly format: StorefrontFormat;
  readonly customers: number;
  readonly products: number;
  readonly totals: StorefrontTotals;
  readonly files: readonly OrderFile[];
  readonly bad_records: readonly BadRecord[];
}

export function emptyTotals(): StorefrontTotals {
  const orders_by_status = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<
    Status,
    number
  >;
  return {
    orders: 0,
    items: 0,
    units: 0,
    gross_cents: 0,
    discount_cents: 0,
    shipping_cents: 0,
    orders_by_status,
  };
}

export function addOrder(totals: StorefrontTotals, order: DrawnOrder): void {
  totals.orders += 1;
  totals.items += order.items;
  totals.units += order.units;
  totals.gross_cents += order.grossCents;
  totals.discount_cents += order.discountCents;
  totals.shipping_cents += order.shippingCents;
  totals.orders_by_status[order.status] += 1;
}
