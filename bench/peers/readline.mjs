// Lines by readline, objects by JSON.parse, rows into SQLite, and SQLite does the rest.
//
//   node bench/peers/readline.mjs <data folder> <target.db>
import { createReadStream, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { openStaging, parseOrder } from './staging.mjs';

const [data, target] = process.argv.slice(2);
const staging = openStaging(data, target);
for (const file of readdirSync(path.join(data, 'orders')).sort()) {
  const lines = createInterface({
    input: createReadStream(path.join(data, 'orders', file)),
    crlfDelay: Infinity,
  });
  for await (const line of lines) if (line !== '') staging.add(parseOrder(line));
}
staging.finish();
