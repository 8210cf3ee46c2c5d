import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { BASELINE, listPeers } from '../peers/list.mjs';
import { alternate, median, summarize } from '../support/alternate.mjs';
import { makeStorefront, SIZES, withBadRecords } from '../support/data.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { openStack } from '../support/stack.mjs';
import { createContest } from './contestants.mjs';

export const MILLRACE = 'millrace, warm';
export const COLD = 'millrace run --wait, cold';
export const BAD = 'millrace, warm, 0.1 % bad records';

/**
 * @typedef {{ name: string, median: number, least: number, most: number, ratio: number, peaks: Record<string, number> }} Figure
 * Seconds; `ratio` is to the baseline; `peaks` are MB.
 * @typedef {{ size: string, orders: number, megabytes: number, rounds: number, tables: Record<string, string>, figures: Figure[], missing: string[] }} SizeResult
 */

/**
 * @param {{ sizes: readonly string[], rounds: number, warmUp?: boolean, bad: boolean, cold: boolean, peers: string }} wish
 * @returns {Promise<SizeResult[]>}
 */
export function measurePipeline(wish) {
  return inFolder(async (folder) => {
    const results = [];
    for (const name of wish.sizes) {
      if (SIZES[name] === undefined)
        throw new Error(`There is no size ${name}; there are ${Object.keys(SIZES).join(', ')}.`);
      results.push(await measureSize(folder, SIZES[name], wish));
    }
    return results;
  });
}

async function measureSize(parent, size, { rounds, warmUp = true, bad, cold, peers }) {
  const folder = await mkdtemp(path.join(parent, 'size-'));
  const storefront = await makeStorefront(folder, size);
  const stack = await openStack(folder);
  try {
    const contest = createContest(folder);
    const chosen = choosePeers(peers);
    const contestants = [
      { name: BASELINE.name, run: contest.peer(BASELINE, storefront) },
      { name: MILLRACE, run: contest.warm(stack, storefront) },
      ...(bad
        ? [{ name: BAD, run: contest.warm(stack, await makeStorefront(folder, withBadRecords(size))) }]
        : []),
      ...(cold ? [{ name: COLD, run: contest.cold(storefront) }] : []),
      ...chosen
        .filter(({ missing }) => missing === null)
        .map((peer) => ({ name: peer.name, rounds: 1, run: contest.peer(peer, storefront) })),
    ];
    const measured = await alternate(contestants, { rounds, warmUp });
    const baseline = summarize(measured[0].samples).median;
    const figures = measured.map(({ name, samples }) => figure(name, samples, baseline));
    const missing = chosen.flatMap(({ name, missing: why }) => (why === null ? [] : [`${name}: ${why}`]));
    return {
      size: size.name,
      orders: size.orders,
      megabytes: Math.round(storefront.megabytes),
      rounds,
      tables: contest.tables(),
      figures,
      missing,
    };
  } finally {
    await stack.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function choosePeers(which) {
  if (which === 'none') return [];
  return listPeers().filter(({ slow }) => which === 'all' || !slow);
}

function figure(name, samples, baseline) {
  const times = summarize(samples);
  const peaks = Object.keys(samples[0].peaks).map((process) => [
    process,
    median(samples.map((sample) => sample.peaks[process])),
  ]);
  return {
    name,
    ...times,
    ratio: Number((times.median / baseline).toFixed(3)),
    peaks: Object.fromEntries(peaks),
  };
}
