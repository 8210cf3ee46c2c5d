// Objects by stream-json, rows into SQLite, and SQLite does the rest.
//
//   node bench/peers/stream-json.mjs <data folder> <target.db>
import { createReadStream, readdirSync } from 'node:fs';
import path from 'node:path';

import { streamValues } from 'stream-json/streamers/stream-values.js';

import { openStaging } from './staging.mjs';

const [data, target] = process.argv.slice(2);
const staging = openStaging(data, target);
for (const file of readdirSync(path.join(data, 'orders')).sort()) {
  // Numbers as text: the marketplace numbers its guests beyond 2^53.
  const parser = streamValues.withParserAsStream({ numberAsString: true });
  const orders = createReadStream(path.join(data, 'orders', file)).pipe(parser);
  for await (const { value } of orders) staging.add({ ...value, customer_id: BigInt(value.customer_id) });
}
staging.finish();
