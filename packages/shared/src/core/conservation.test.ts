import { describe, expect, it } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import type { BatchReference } from './batch.ts';
import { extractImbalances } from './conservation.ts';

const plan = makePlan();
const batch = (rows: number): BatchReference => ({
  key: 'k',
  format: 'parquet',
  rows,
  bytes: 1,
  sha256: '0'.repeat(64),
});
const manifest = (
  seen: number,
  accepted: number,
  rejected: number,
  rows: number,
  stored: number,
  kept: number,
) =>
  makeManifest(plan, 'extract-orders-00001', {
    outputs: [{ table: 'orders', columns: [], batches: [batch(stored)], rows }],
    extracted: {
      files: [{ input: 0, seen, accepted, rejected, blank: 2 }],
      rejects: {
        records: rejected,
        byReason: { json_syntax: rejected },
        batches: kept === 0 ? [] : [batch(kept)],
      },
      fingerprint: null,
      reused: null,
    },
  });

describe('extractImbalances', () => {
  it('is silent when every record became a row or a reject', () => {
    expect(extractImbalances(plan, manifest(10, 8, 2, 8, 8, 2))).toEqual([]);
  });

  it.each([
    [
      'a record vanished between reader and judge',
      manifest(11, 8, 2, 8, 8, 2),
      'orders-1.json: 11 records seen',
    ],
    [
      'a reject was not kept',
      manifest(10, 8, 2, 8, 8, 1),
      '2 records rejected, 2 reported, 2 with a reason, 1 kept',
    ],
    ['an accepted record made no row', manifest(10, 8, 2, 7, 7, 2), '8 records accepted, 7 rows made'],
    ['a row is in no batch', manifest(10, 8, 2, 8, 7, 2), '8 rows made, 7 in its batches'],
  ])('says so when %s', (_, broken, sentence) => {
    expect(extractImbalances(plan, broken).join()).toContain(sentence);
  });
});
