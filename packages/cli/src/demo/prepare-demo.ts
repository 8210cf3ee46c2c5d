import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { generateStorefront } from './storefront-generator.ts';

/** How much data, and which; null takes what is there, or makes the usual. */
export interface DemoData {
  readonly orders: number | null;
  readonly seed: number | null;
}

const DEMO_ORDERS = 60_000;
const DEMO_SEED = 1;
/** Of the example: what stays behind are data and results. */
const COPIED = ['pipeline.yml', 'models', 'README.md'];

/**
 * The folder of the demo's pipeline with its data; what is there already is kept, so that a reader may change it
 * and run it again. Data is made anew when its amount or seed is given.
 */
export async function prepareDemo(
  home: string,
  wanted: DemoData,
  log: (line: string) => void,
): Promise<string> {
  const folder = path.join(home, 'demo', 'storefront');
  const example = fileURLToPath(new URL('../../../../pipelines/storefront', import.meta.url));
  if (!existsSync(path.join(folder, 'pipeline.yml'))) {
    for (const name of COPIED)
      await cp(path.join(example, name), path.join(folder, name), { recursive: true });
  }
  const data = path.join(folder, 'data');
  // The generator writes its ledger last: with it, all else is there.
  const isAsked = wanted.orders !== null || wanted.seed !== null;
  if (isAsked || !existsSync(path.join(data, 'bad-records.json'))) {
    log(`Making the data of a web shop in ${data} …`);
    const { orders, seed } = wanted;
    await generateStorefront({ dir: data, orders: orders ?? DEMO_ORDERS, seed: seed ?? DEMO_SEED });
  }
  return folder;
}
