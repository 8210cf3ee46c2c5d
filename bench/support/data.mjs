import {
  access,
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import path from 'node:path';

import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const STOREFRONT = path.join(ROOT, 'pipelines/storefront');
/** Generated data is kept between runs: it takes longer to make than most of what is measured. */
const CACHE = path.join(ROOT, '.millrace/bench-data');
const SEED = 1;

/** @typedef {{ name: string, orders: number, badRatio: number }} Size */

/** @type {Record<string, Size>} */
export const SIZES = {
  tiny: { name: 'tiny', orders: 2_000, badRatio: 0 },
  S: { name: 'S', orders: 60_000, badRatio: 0 },
  M: { name: 'M', orders: 600_000, badRatio: 0 },
  L: { name: 'L', orders: 6_000_000, badRatio: 0 },
};

/** The same good orders, and one bad record for every thousand of them. */
export function withBadRecords(size) {
  return { ...size, name: `${size.name}, 0.1 % bad`, badRatio: 0.001 };
}

/**
 * The storefront example with its data, in a folder of its own.
 * @param {Size} size
 * @param {string} settings further keys of pipeline.yml
 * @returns {Promise<{ pipeline: string, data: string, target: string, megabytes: number }>} `target` is what a run publishes into
 */
export async function makeStorefront(parent, size, settings = '') {
  const pipeline = await realpath(await mkdtemp(path.join(parent, 'storefront-')));
  const isPlain = (source) =>
    !['data', 'final_analytics.db'].includes(path.relative(STOREFRONT, source).split(path.sep)[0]);
  await cp(STOREFRONT, pipeline, { recursive: true, filter: isPlain });
  await appendFile(path.join(pipeline, 'pipeline.yml'), settings);
  const data = path.join(pipeline, 'data');
  await cp(await cachedData(size), data, { recursive: true });
  const { files } = JSON.parse(await readFile(path.join(data, 'bad-records.json'), 'utf8'));
  const sizes = await Promise.all(files.map(({ file }) => stat(path.join(data, file))));
  const megabytes = sizes.reduce((sum, file) => sum + file.size, 0) / 1e6;
  return { pipeline, data, target: path.join(pipeline, 'final_analytics.db'), megabytes };
}

async function cachedData({ orders, badRatio }) {
  const dir = path.join(CACHE, `orders-${orders}-${badRatio}`);
  const exists = await access(dir).then(
    () => true,
    () => false,
  );
  if (exists) return dir;
  await mkdir(CACHE, { recursive: true });
  const making = await mkdtemp(path.join(CACHE, 'making-'));
  await generateStorefront({ dir: making, orders, seed: SEED, badRatio });
  // Somebody else may have made it meanwhile; the same options give the same data.
  await rename(making, dir).catch(() => rm(making, { recursive: true }));
  return dir;
}
