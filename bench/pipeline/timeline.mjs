// Where does the time of one run go? Prints when each task began and ended, as its manifest has it. See README.md.
//
//   node bench/pipeline/timeline.mjs [--size M] [--runs 3]
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { makeStorefront, SIZES } from '../support/data.mjs';
import { markdownTable } from '../support/markdown-table.mjs';
import { openStack } from '../support/stack.mjs';
import { removeDatabase } from '../support/whole-process.mjs';

const WIDTH = 60;

const { values } = parseArgs({
  options: { size: { type: 'string', default: 'M' }, runs: { type: 'string', default: '3' } },
});

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-bench-')));
const storefront = await makeStorefront(folder, SIZES[values.size]);
const stack = await openStack(folder);
try {
  // Earlier runs only warm the services; the last one is shown.
  let last = null;
  for (let run = 0; run < Number(values.runs); run += 1) {
    await removeDatabase(storefront.target);
    last = await stack.run(storefront.pipeline);
  }
  console.log(await timeline(last));
} finally {
  await stack.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function timeline({ run, durationMs }) {
  const { plan, request, manifests } = await stack.store.load(run);
  const begin = Date.parse(request.requestedAt);
  const since = (text) => Date.parse(text) - begin;
  const rows = plan.tasks
    .map(({ id }) => manifests.get(id))
    .map(({ task, worker, startedAt, finishedAt }) => ({
      task,
      worker,
      from: since(startedAt),
      to: since(finishedAt),
    }));
  const { mtimeMs: plannedMs } = await stat(path.join(stack.home, 'bucket/runs', run, 'plan.json'));
  const bars = [{ task: 'plan', worker: '', from: 0, to: Math.round(plannedMs - begin) }, ...rows].sort(
    (a, b) => a.from - b.from,
  );
  const cells = bars.map(({ task, worker, from, to }) => [
    task,
    worker,
    from,
    to,
    to - from,
    `\`${bar(from, to, durationMs)}\``,
  ]);
  return `${markdownTable(['task', 'worker', 'from ms', 'to ms', 'ms', `of ${Math.round(durationMs)} ms`], cells)}`;
}

function bar(from, to, whole) {
  const [start, end] = [from, to].map((ms) => Math.round((ms / whole) * WIDTH));
  return `${'·'.repeat(start)}${'█'.repeat(Math.max(1, end - start))}`.padEnd(WIDTH, '·');
}
