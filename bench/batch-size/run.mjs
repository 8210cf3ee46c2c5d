// How many rows should a batch have? See README.md.
//
//   node bench/batch-size/run.mjs [--size M] [--rows 1000,10000,50000,200000] [--rounds 3]
import { parseArgs } from 'node:util';

import { alternate, median, summarize } from '../support/alternate.mjs';
import { makeStorefront, SIZES } from '../support/data.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';
import { openStack } from '../support/stack.mjs';
import { digestTables, requireEqual } from '../support/tables.mjs';
import { removeDatabase } from '../support/whole-process.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'M' },
    rows: { type: 'string', default: '1000,10000,50000,200000' },
    rounds: { type: 'string', default: '3' },
  },
});

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(folder) {
  const stack = await openStack(folder);
  try {
    let expected = null;
    const contestants = [];
    for (const rows of values.rows.split(',')) {
      const storefront = await makeStorefront(folder, SIZES[values.size], `\nbatch: { rows: ${rows} }\n`);
      const run = async () => {
        await removeDatabase(storefront.target);
        const { run: id, durationMs, peaks } = await stack.run(storefront.pipeline);
        const found = digestTables(storefront.target);
        expected ??= found;
        requireEqual(`batches of ${rows} rows`, found, expected);
        return { durationMs, batches: await countBatches(stack, id), extractorMb: peaks['extractor 0'] };
      };
      contestants.push({ name: rows, run });
    }
    const measured = await alternate(contestants, { rounds: Number(values.rounds) });
    return measured.map(({ name, samples }) => ({
      'rows per batch': Number(name),
      batches: samples[0].batches,
      s: summarize(samples).median,
      'extractor peak MB': median(samples.map(({ extractorMb }) => extractorMb)),
      tables: 'equal',
    }));
  } finally {
    await stack.close();
  }
}

async function countBatches(stack, run) {
  const { manifests } = await stack.store.load(run);
  const outputs = [...manifests.values()]
    .filter(({ kind }) => kind === 'extract')
    .flatMap((manifest) => manifest.outputs);
  return outputs.reduce((sum, { batches }) => sum + batches.length, 0);
}
