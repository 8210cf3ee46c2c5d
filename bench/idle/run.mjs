// What do services cost that have nothing to do, and how long do they take to start? See README.md.
//
//   node bench/idle/run.mjs [--seconds 30]
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { cpuSeconds } from '../service-process.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';
import { openStack } from '../support/stack.mjs';

const SETTLE_MS = 5_000;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' } } });

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(folder) {
  const stack = await openStack(folder, { extractors: 1 });
  try {
    await delay(SETTLE_MS);
    const before = await Promise.all(stack.workers.map((worker) => cpuSeconds([worker])));
    await delay(Number(values.seconds) * 1000);
    const after = await Promise.all(stack.workers.map((worker) => cpuSeconds([worker])));
    const memory = await Promise.all(stack.workers.map(residentMegabytes));
    return stack.names.map((service, index) => ({
      service,
      'ready after ms': Math.round(stack.readyMs[index]),
      '% of a core': Number(((100 * (after[index] - before[index])) / Number(values.seconds)).toFixed(2)),
      'resident MB': memory[index].resident,
      'of it its own': memory[index].own,
    }));
  } finally {
    await stack.close();
  }
}

/** `own`: what no file backs, so what one more process of its kind would take. */
async function residentMegabytes({ pid }) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024);
  return { resident: read('VmRSS'), own: read('RssAnon') };
}
