// How much shorter do more extractors make a run? See README.md.
//
//   node bench/scaling/run.mjs [--size M] [--extractors 1,2,4] [--rounds 3]
import { parseArgs } from 'node:util';

import { alternate, summarize } from '../support/alternate.mjs';
import { makeStorefront, SIZES } from '../support/data.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';
import { readingMs } from '../support/run-times.mjs';
import { openStack } from '../support/stack.mjs';
import { digestTables, requireEqual } from '../support/tables.mjs';
import { removeDatabase } from '../support/whole-process.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'M' },
    extractors: { type: 'string', default: '1,2,4' },
    rounds: { type: 'string', default: '3' },
  },
});

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(folder) {
  const storefront = await makeStorefront(folder, SIZES[values.size]);
  const counts = values.extractors.split(',').map(Number);
  const stacks = [];
  for (const count of counts) stacks.push(await openStack(folder, { extractors: count }));
  let expected = null;
  const run = async (stack) => {
    await removeDatabase(storefront.target);
    const { run: id, durationMs } = await stack.run(storefront.pipeline);
    const found = digestTables(storefront.target);
    expected ??= found;
    requireEqual(`${stack.workers.length - 2} extractors`, found, expected);
    return { durationMs, readingMs: await readingMs(stack, id) };
  };
  try {
    const contestants = stacks.map((stack, index) => ({
      name: `${counts[index]} extractors`,
      run: () => run(stack),
    }));
    const measured = await alternate(contestants, { rounds: Number(values.rounds) });
    const reading = measured.map(
      ({ samples }) => summarize(samples.map(({ readingMs: ms }) => ({ durationMs: ms }))).median,
    );
    return measured.map(({ samples }, index) => ({
      extractors: counts[index],
      'run s': summarize(samples).median,
      'reading s': reading[index],
      'reading, times faster': Number((reading[0] / reading[index]).toFixed(2)),
      'efficiency %': Math.round((100 * reading[0] * counts[0]) / (reading[index] * counts[index])),
      tables: 'equal',
    }));
  } finally {
    for (const stack of stacks) await stack.close();
  }
}
