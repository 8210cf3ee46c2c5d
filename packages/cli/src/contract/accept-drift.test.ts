import type { Column } from '@millrace/shared/core/pipeline';
import type { FoundDrift } from '@millrace/sources/contract/find-drift';
import { expect, it } from 'vitest';

import { acceptDrift } from './accept-drift.ts';

const TEXT = `# The shop.
sources:
  shop:
    tables:
      orders:
        columns:
          id:   { type: integer }   # the key
          paid: { type: text, strict: true }
          at:
            type: timestamp   # of the till
            format: epoch_s
`;

function found(kind: FoundDrift['drift']['kind'], name: string, column: Partial<Column> | null): FoundDrift {
  const drift = {
    table: 'orders',
    kind,
    column: name,
    path: name,
    declared: null,
    found: null,
    rows: 1,
  } as const;
  const full = {
    name,
    type: { kind: 'text' },
    path: { from: 'record', steps: [name] },
    format: null,
  } as const;
  return {
    drift: { ...drift, sampledRows: 1, example: null, mode: 'report' },
    column: column === null ? null : { ...full, required: false, strict: false, ...column },
  };
}

it('a new field becomes a column, with its path where the name does not say it', () => {
  const path = { from: 'record', steps: ['coupon', 'a.b'] } as const;
  expect(acceptDrift(TEXT, 'shop', found('new_column', 'coupon', { path }))).toBe(
    `${TEXT}          coupon: { type: text, from: 'coupon["a.b"]' }\n`,
  );
});

it('a name that YAML would read as something else is quoted', () => {
  expect(acceptDrift(TEXT, 'shop', found('new_column', 'no', {}))).toBe(
    `${TEXT}          'no': { type: text }\n`,
  );
});

it('a missing column goes with its line, and with no other', () => {
  expect(acceptDrift(TEXT, 'shop', found('missing_column', 'id', null))).toBe(
    TEXT.replace('          id:   { type: integer }   # the key\n', ''),
  );
});

it('a type is changed in its place, and what belonged to the old one goes', () => {
  const decimal = { kind: 'decimal', precision: 18, scale: 2 } as const;
  expect(acceptDrift(TEXT, 'shop', found('changed_type', 'paid', { type: decimal }))).toBe(
    TEXT.replace('{ type: text, strict: true }', "{ type: 'decimal(18,2)' }"),
  );
  const iso = found('changed_type', 'at', { type: { kind: 'timestamp' }, format: 'iso' });
  expect(acceptDrift(TEXT, 'shop', iso)).toBe(TEXT.replace('            format: epoch_s\n', ''));
  const epoch = found('changed_type', 'id', { type: { kind: 'timestamp' }, format: 'epoch_ms' });
  expect(acceptDrift(TEXT, 'shop', epoch)).toBe(
    TEXT.replace('{ type: integer }', '{ type: timestamp, format: epoch_ms }'),
  );
});
