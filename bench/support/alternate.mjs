import { median } from '../reading/measure.mjs';

/**
 * Lets contestants run in turns, so that what else the machine does meets all of them; each round begins with another.
 * The first round is not measured: processes and the system get to know the files.
 * @template {{ durationMs: number }} Sample
 * @param {readonly { name: string, rounds?: number, run: () => Promise<Sample> }[]} contestants `rounds`: at most so many for this one
 * @param {{ rounds: number, warmUp?: boolean }} setting
 * @returns {Promise<{ name: string, samples: Sample[] }[]>}
 */
export async function alternate(contestants, { rounds, warmUp = true }) {
  const results = contestants.map(({ name }) => ({ name, samples: [] }));
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const index = (Math.max(round, 0) + turn) % contestants.length;
      const { name, run, rounds: most = rounds } = contestants[index];
      // Whoever takes a minute anyway is not warmed up.
      if (round >= most || (round < 0 && most < rounds)) continue;
      const sample = await run();
      if (round >= 0) results[index].samples.push(sample);
      console.error(
        `${round < 0 ? 'warm-up' : `${round + 1}/${rounds}`} ${name}: ${Math.round(sample.durationMs)} ms`,
      );
    }
  }
  return results;
}

/** Medians, least and most, in seconds. */
export function summarize(samples) {
  const seconds = samples.map(({ durationMs }) => durationMs / 1000);
  return {
    median: round(median(seconds)),
    least: round(Math.min(...seconds)),
    most: round(Math.max(...seconds)),
  };
}

function round(seconds) {
  return Number(seconds.toFixed(3));
}

export { median };
