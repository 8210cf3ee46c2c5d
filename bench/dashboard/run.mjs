// What does it cost to watch a large run, for the page and for the run? See README.md.
//
//   node bench/dashboard/run.mjs [--batches 10000] [--tasks 10000]
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { cpuSeconds } from '../service-process.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';
import { openStack } from '../support/stack.mjs';
import { openBrowser, watchPage } from './browser.mjs';
import { startDashboard } from './dashboard-process.mjs';
import { requestBatches, requestTasks } from './large-runs.mjs';
import { measureTables } from './large-tables.mjs';

const POLL_MS = 200;
/** The page shows the end of a run soon after it. */
const LAST_LOOK_MS = 3000;

const { values } = parseArgs({
  options: { batches: { type: 'string', default: '10000' }, tasks: { type: 'string', default: '10000' } },
});

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(folder) {
  const stack = await openStack(folder);
  const browser = await openBrowser();
  try {
    const dashboard = await startDashboard(stack.environment);
    try {
      const rows = [];
      for (const [count, request] of [
        [Number(values.batches), requestBatches],
        [Number(values.tasks), requestTasks],
      ])
        if (count > 0)
          rows.push(...(await watchRun(stack, dashboard, browser, () => request(stack, folder, count))));
      if (Number(values.batches) > 0) rows.push(...(await measureTables(dashboard.url, folder)));
      return rows;
    } finally {
      await dashboard.end();
    }
  } finally {
    await browser.close();
    await stack.close();
  }
}

async function watchRun(stack, dashboard, browser, request) {
  const used = () => Promise.all([cpuSeconds([dashboard]), cpuSeconds(stack.workers)]);
  const { run, name, isOver } = await request();
  const before = await used();
  const startedAt = performance.now();
  const watched = await watchPage(browser, new URL(`/runs/${run}`, dashboard.url).href);
  while (!(await isOver())) {
    const failure = await stack.store.failure(run);
    if (failure !== null) throw new Error(failure.error.message);
    await delay(POLL_MS);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const [own, workers] = (await used()).map((after, index) => after - before[index]);
  await delay(LAST_LOOK_MS);
  const page = await watched.stop();
  const row = (what, value, unit) => ({ what: `${name}: ${what}`, value: Number(value.toFixed(1)), unit });
  return [
    row('the run, while it was watched', seconds, 's'),
    row('longest update of the page', page.longestMs, 'ms'),
    row('updates of 50 ms or more', page.long, 'of all'),
    row('page busy', (100 * page.busySeconds) / seconds, '% of a core'),
    row('its process, at most', page.processMegabytes, 'MB'),
    row('of it JavaScript, at most', page.heapMegabytes, 'MB'),
    row('processor time of the dashboard', own, 's'),
    row('to that of the run', (100 * own) / workers, '%'),
    row('to that of the machine meanwhile', (100 * own) / (seconds * availableParallelism()), '%'),
  ];
}
