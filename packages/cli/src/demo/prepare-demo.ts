import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { generateStorefront } from './storefront-generator.ts';

const DEMO_ORDERS = 60_000;
const DEMO_SEED = 1;
/** Of the example: what stays behind are data and results. */
const COPIED = ['pipeline.yml', 'models', 'README.md'];

/**
 * The folder of the demo's pipeline with its data; what is there already is kept, so that a reader may change it
 * and run it again.
 */
export async function prepareDemo(home: string, log: (line: string) => void): Promise<string> {
  const folder = path.join(home, 'demo', 'storefront');
  const example = fileURLToPath(new URL('../../../../pipelines/storefront', import.meta.url));
  if (!existsSync(path.join(folder, 'pipeline.yml'))) {
    for (const name of COPIED)
      await cp(path.join(example, name), path.join(folder, name), { recursive: true });
  }
  const data = path.join(folder, 'data');
  // The generator writes its ledger last: with it, all else is there.
  if (!existsSync(path.join(data, 'bad-records.json'))) {
    log(`Making the data of a web shop in ${data} …`);
    await generateStorefront({ dir: data, orders: DEMO_ORDERS, seed: DEMO_SEED });
  }
  return folder;
}
