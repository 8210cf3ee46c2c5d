import path from 'node:path';

import { openContest } from './contestants.mjs';
import { makeCsv, makeOrders, makeSqlite } from './data.mjs';
import { alternate } from './measure.mjs';

const BAD_RATIO = 0.001;
const WARMING_ORDERS = 5_000;
const FORMAT_NAMES = {
  lines: 'newline-delimited JSON',
  array: 'one JSON array',
  document: 'one nested document',
};

/**
 * @typedef {{ engine: import('@millrace/shared/adapters/duckdb').Engine, folder: string, orders: number, seed: number, runs: number, signal: AbortSignal }} Setting
 */

/** What can be measured by name; each makes its data in the folder of its setting. */
export const PARTS = {
  async json(setting) {
    const measured = [];
    for (const format of Object.keys(FORMAT_NAMES)) measured.push(...(await measureJson(setting, format)));
    return measured;
  },
  csv: (setting) =>
    measureFlat(setting, { make: makeCsv, label: 'CSV', baselines: { csv: 'DuckDB read_csv' } }),
  sqlite: (setting) =>
    measureFlat(setting, {
      make: makeSqlite,
      label: 'SQLite',
      baselines: { append: 'DuckDB appender', iterate: 'raw().iterate()' },
    }),
  batches: measureBatches,
};

/** @param {Setting} setting */
async function measureJson({ engine, folder, orders, seed, runs, signal }, format) {
  const make = (name, count, badRatio) =>
    makeOrders(path.join(folder, `${format}-${name}`), { format, orders: count, seed, badRatio });
  const small = await make('small', WARMING_ORDERS, 0);
  const clean = await make('clean', orders, 0);
  const dirty = await make('dirty', orders, BAD_RATIO);
  return withContest(engine, folder, async (contest) => {
    await contest.warm('json', small);
    const expected = await contest.expect('json', clean);
    const label = FORMAT_NAMES[format];
    const dirtyLabel = `${label}, ${dirty.badRecords.length} bad`;
    const duckdb = { label, name: 'DuckDB read_json' };
    const contestants = [
      { ...duckdb, data: clean, against: null, run: contest.baseline('json', clean, expected) },
    ];
    for (const count of [1, 2]) {
      const reader = { label, name: extractors(count) };
      const run = contest.extractors(count, clean, expected);
      contestants.push({ ...reader, data: clean, against: { ...duckdb, as: 'DuckDB' }, run });
      const runDirty = contest.extractors(count, dirty, expected);
      const against = { ...reader, as: 'clean' };
      contestants.push({ label: dirtyLabel, name: reader.name, data: dirty, against, run: runDirty });
    }
    return alternate(contestants, { runs, signal });
  });
}

/** @param {Setting} setting */
async function measureFlat({ engine, folder, orders, seed, runs, signal }, { make, label, baselines }) {
  const makeFlat = async (name, count) =>
    make(
      engine,
      await makeOrders(path.join(folder, name), { format: 'lines', orders: count, seed, badRatio: 0 }),
    );
  const small = await makeFlat('small', WARMING_ORDERS);
  const data = await makeFlat('orders', orders);
  return withContest(engine, folder, async (contest) => {
    const methods = Object.keys(baselines);
    for (const method of methods) await contest.warm(method, small);
    const expected = await contest.expect(methods[0], data);
    const contestants = methods.map((method) => {
      const run = contest.baseline(method, data, expected);
      return { label, name: baselines[method], data, against: null, run };
    });
    const [first] = contestants.toReversed();
    for (const count of [1, 2]) {
      const against = { label, name: first.name, as: first.name };
      const run = contest.extractors(count, data, expected);
      contestants.push({ label, name: extractors(count), data, against, run });
    }
    return alternate(contestants, { runs, signal });
  });
}

/** @param {Setting} setting */
async function measureBatches({ engine, folder, orders, seed, runs, signal }) {
  const make = (name, count) =>
    makeOrders(path.join(folder, name), { format: 'lines', orders: count, seed, badRatio: 0 });
  const small = await make('small', WARMING_ORDERS);
  const data = await make('orders', orders);
  return withContest(engine, folder, async (contest) => {
    await contest.warm('json', small);
    const expected = await contest.expect('json', data);
    const label = (rows) => `newline-delimited JSON, batches of ${rows}`;
    const [byDefault, by100] = [label('50 000'), label('100')];
    const name = extractors(2);
    const against = { label: byDefault, name, as: 'default' };
    return alternate(
      [
        { label: byDefault, name, data, against: null, run: contest.extractors(2, data, expected) },
        { label: by100, name, data, against, run: contest.extractors(2, data, expected, { rows: 100 }) },
      ],
      { runs, signal },
    );
  });
}

async function withContest(engine, folder, work) {
  const contest = await openContest(engine, folder, { extractors: 2 });
  try {
    return await work(contest);
  } finally {
    await contest.stop();
  }
}

function extractors(count) {
  return count === 1 ? '1 extractor' : `${count} extractors`;
}
