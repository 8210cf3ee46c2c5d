import { parseArgs } from 'node:util';

import { fail, isMillraceError } from '@millrace/shared/core/errors';

import { formatCount, plural } from '../render/quantity.ts';
import { generateStorefront } from './storefront-generator.ts';
import { STOREFRONT_FORMATS } from './storefront-ledger.ts';

const USAGE = `Makes the data of the storefront example: orders as JSON, customers and products as SQLite.

  --dir <folder>       where to write            (default pipelines/storefront/data)
  --orders <n>         good orders               (default 60000)
  --seed <n>           same seed, same data      (default 1)
  --bad-ratio <ratio>  bad records per order     (default 0.001; 0 for clean data)
  --format <format>    ${STOREFRONT_FORMATS.join(', ')}  (default lines)
  --files <n>          files of orders           (default 4)
  --gzip               compress the files of orders
`;

try {
  await main();
} catch (error) {
  if (!isMillraceError(error)) throw error;
  console.error(`${error.message} ${error.hint ?? ''}`);
  process.exitCode = error.exitCode;
}

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const format = STOREFRONT_FORMATS.find((known) => known === options.format);
  if (format === undefined) {
    const hint = `Give one of ${STOREFRONT_FORMATS.join(', ')}.`;
    throw fail('usage', { message: `There is no format '${options.format}'.`, hint });
  }
  const { ledger, ledgerPath } = await generateStorefront({
    dir: options.dir,
    orders: Number(options.orders),
    seed: Number(options.seed),
    badRatio: Number(options['bad-ratio']),
    format,
    files: Number(options.files),
    gzip: options.gzip,
  });
  const { orders, items } = ledger.totals;
  console.log(
    `Wrote ${formatCount(orders)} good orders with ${formatCount(items)} items in ${plural(ledger.files.length, 'file')} to ${options.dir}, ` +
      `and ${plural(ledger.bad_records.length, 'bad record')}, listed in ${ledgerPath}.`,
  );
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        dir: { type: 'string', default: 'pipelines/storefront/data' },
        orders: { type: 'string', default: '60000' },
        seed: { type: 'string', default: '1' },
        'bad-ratio': { type: 'string', default: '0.001' },
        format: { type: 'string', default: 'lines' },
        files: { type: 'string', default: '4' },
        gzip: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw fail('usage', { message: (error as Error).message, hint: `\n\n${USAGE}`, cause: error });
  }
}
