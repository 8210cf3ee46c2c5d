/** A source with a column of every type, and records that mostly fit it: what the fuzzer damages. */
import { Buffer } from 'node:buffer';

import { compileSource } from '@millrace/shared/contracts/compile-source';

import { keyText, numberText, randomString, randomTree, stringText, writeTree } from './random-json.mjs';

/** @typedef {import('./draw.mjs').Draw} Draw */
/** @typedef {import('./json-values.ts').JsonTree} JsonTree */
/** @typedef {import('@millrace/shared/core/plan').StagedTable} StagedTable */

/**
 * The tables of a source as a plan has them.
 * @param {Parameters<typeof compileSource>[1]} source as `pipeline.yml` has it; its tables declare their columns
 * @returns {StagedTable[]}
 */
export function stageTables(source) {
  const compiled = compileSource('data', source, (path) => path.join('.'));
  return compiled.tables.map(({ columns, ...table }) => ({
    ...table,
    source: compiled.name,
    columns: columns ?? [],
    inferred: false,
  }));
}

export const ORDER_TABLES = stageTables({
  type: 'json',
  path: 'orders.json',
  tables: {
    orders: {
      columns: {
        id: { type: 'integer', required: true },
        name: { type: 'text' },
        code: { type: 'text', strict: true },
        amount: { type: 'decimal(12,2)', required: true },
        fine: { type: 'decimal(38,20)' },
        ratio: { type: 'double' },
        flag: { type: 'boolean' },
        day: { type: 'date' },
        german: { type: 'date', format: '%d.%m.%Y' },
        at: { type: 'timestamp' },
        epoch: { type: 'timestamp', format: 'epoch_ms' },
        note: { type: 'json' },
        deep: { type: 'text', from: 'in.deep' },
        second: { type: 'integer', from: 'list[1]' },
      },
    },
    lines: {
      each: 'items',
      columns: {
        order_id: { type: 'integer', from: '^id', required: true },
        line: { type: 'integer', from: '$index' },
        sku: { type: 'text', required: true },
        quantity: { type: 'integer' },
      },
    },
  },
});

/**
 * @param {Draw} draw
 * @returns {Buffer} one record on one line
 */
export function randomOrder(draw) {
  /** @type {[string, () => JsonTree][]} */
  const fields = [
    ['id', () => numberText(draw, draw.digits(draw.pick([3, 9, 18])), 0)],
    ['name', () => stringText(draw, randomString(draw, 20))],
    ['code', () => stringText(draw, randomString(draw, 5))],
    ['amount', () => numberText(draw, draw.digits(9), -2)],
    ['fine', () => numberText(draw, draw.digits(30), -draw.int(0, 20))],
    ['ratio', () => numberText(draw, draw.digits(17) - draw.digits(17), draw.int(-30, 30))],
    ['flag', () => draw.pick(['true', 'false', 'null'])],
    ['day', () => `"${date(draw)}"`],
    ['german', () => `"${draw.int(1, 31)}.${two(draw.int(1, 12))}.${draw.int(1900, 2100)}"`],
    [
      'at',
      () =>
        `"${date(draw)}${draw.pick(['T', ' '])}${clock(draw)}${draw.pick(['', 'Z', '+02:00', '-0530', '+01'])}"`,
    ],
    ['epoch', () => String(draw.int(0, 4e12))],
    ['note', () => randomTree(draw, 3)],
    ['in', () => ({ members: [['"deep"', stringText(draw, randomString(draw, 8))]] })],
    ['list', () => ['null', String(draw.int(0, 99))]],
    ['items', () => draw.list(0, 3, () => randomItem(draw))],
    [randomString(draw, 6), () => randomTree(draw, 2)],
  ];
  const kept = fields.filter(
    ([key], index) => key === 'id' || key === 'amount' || draw.chance(index < 15 ? 70 : 20),
  );
  const ordered = draw.chance(30) ? draw.shuffle(kept) : kept;
  const unique = new Map(ordered.map(([key, make]) => [key, make]));
  /** @type {JsonTree} */
  const tree = { members: [...unique].map(([key, make]) => [keyText(draw, key), make()]) };
  return Buffer.from(writeTree(draw, tree, true));
}

/** @param {Draw} draw @returns {JsonTree} */
function randomItem(draw) {
  return {
    members: [
      ['"sku"', stringText(draw, randomString(draw, 6))],
      ['"quantity"', numberText(draw, draw.digits(3), 0)],
    ],
  };
}

/** @param {number} number */
const two = (number) => String(number).padStart(2, '0');

/** @param {Draw} draw a few of them are in no calendar */
const date = (draw) =>
  `${String(draw.int(1, 9999)).padStart(4, '0')}-${two(draw.int(1, 12))}-${two(draw.int(1, 30))}`;

/** @param {Draw} draw */
const clock = (draw) =>
  `${two(draw.int(0, 23))}:${two(draw.int(0, 59))}${draw.pick(['', ':07', ':59.5', ':00.123456', ':00.1234567'])}`;
