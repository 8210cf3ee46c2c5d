/**
 * @typedef {import('./contestants.mjs').Sample} Sample
 * @typedef {{ name: string, data: import('./data.mjs').Data, label: string, against: string | null, run: () => Promise<Sample> }} Contestant
 * @typedef {Contestant & { samples: readonly Sample[] }} Measured
 */

/**
 * Lets contestants run in turns, so that what else the machine does meets all of them; each round begins with another.
 * @param {readonly Contestant[]} contestants
 * @param {{ runs: number, signal: AbortSignal }} setting
 * @returns {Promise<Measured[]>}
 */
export async function alternate(contestants, { runs, signal }) {
  const samples = contestants.map(() => []);
  for (let round = 0; round < runs; round += 1) {
    for (let turn = 0; turn < contestants.length; turn += 1) {
      signal.throwIfAborted();
      const index = (round + turn) % contestants.length;
      const sample = await contestants[index].run();
      samples[index].push(sample);
      const { label, name } = contestants[index];
      console.error(`${round + 1}/${runs} ${label}, ${name}: ${Math.round(sample.durationMs)} ms`);
    }
  }
  return contestants.map((contestant, index) => ({ ...contestant, samples: samples[index] }));
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
