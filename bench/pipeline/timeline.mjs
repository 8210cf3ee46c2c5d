// Where does the time of one run go? Prints when each task began and ended, as its manifest has it. See README.md.
//
//   node bench/pipeline/timeline.mjs [--size M] [--runs 3]
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { makeStorefront, SIZES } from '../support/data.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { markdownTable } from '../support/markdown-table.mjs';
import { idleMs, spansOf } from '../support/run-times.mjs';
import { openStack } from '../support/stack.mjs';
import { removeDatabase } from '../support/whole-process.mjs';

const WIDTH = 60;

const { values } = parseArgs({
  options: { size: { type: 'string', default: 'M' }, runs: { type: 'string', default: '3' } },
});

console.log(await inFolder(measure));

async function measure(folder) {
  const storefront = await makeStorefront(folder, SIZES[values.size]);
  const stack = await openStack(folder);
  try {
    // Earlier runs only warm the services; the last one is shown.
    let last = null;
    for (let run = 0; run < Number(values.runs); run += 1) {
      await removeDatabase(storefront.target);
      last = await stack.run(storefront.pipeline);
    }
    return await timeline(stack, last);
  } finally {
    await stack.close();
  }
}

async function timeline(stack, { run, durationMs }) {
  const { mtimeMs: plannedMs } = await stat(path.join(stack.home, 'bucket/runs', run, 'plan.json'));
  const { request } = await stack.store.load(run);
  const planned = {
    task: 'plan',
    worker: '',
    from: 0,
    to: Math.round(plannedMs - Date.parse(request.requestedAt)),
  };
  const spans = [planned, ...(await spansOf(stack, run))].sort((a, b) => a.from - b.from);
  const cells = spans.map(({ task, worker, from, to }) => [
    task,
    worker,
    from,
    to,
    to - from,
    `\`${bar(from, to, durationMs)}\``,
  ]);
  const idle = idleMs(spans, 0, durationMs);
  return [
    markdownTable(['task', 'worker', 'from ms', 'to ms', 'ms', `of ${Math.round(durationMs)} ms`], cells),
    `No task was under way for ${Math.round(idle)} ms, ${((100 * idle) / durationMs).toFixed(1)} % of the run.`,
  ].join('\n\n');
}

function bar(from, to, whole) {
  const [start, end] = [from, to].map((ms) => Math.round((ms / whole) * WIDTH));
  return `${'·'.repeat(start)}${'█'.repeat(Math.max(1, end - start))}`.padEnd(WIDTH, '·');
}
