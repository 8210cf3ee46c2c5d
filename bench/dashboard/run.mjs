// What does it cost to watch a large run, for the page and for the run? See README.md.
//
//   node bench/dashboard/run.mjs [--batches 10000] [--tasks 10000] [--pairs 9]
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { bucketLayout } from '@millrace/shared/core/bucket-layout';

import { cpuSeconds } from '../service-process.mjs';
import { alternate, median } from '../support/alternate.mjs';
import { inFolder } from '../support/in-folder.mjs';
import { printResults } from '../support/print-results.mjs';
import { openStack } from '../support/stack.mjs';
import { askAsPage } from './asking-page.mjs';
import { openBrowser, watchPage } from './browser.mjs';
import { startDashboard } from './dashboard-process.mjs';
import { requestBatches, requestTasks } from './large-runs.mjs';
import { measureTables } from './large-tables.mjs';

const POLL_MS = 200;
/** The page shows the end of a run soon after it. */
const LAST_LOOK_MS = 3000;

const { values } = parseArgs({
  options: {
    batches: { type: 'string', default: '10000' },
    tasks: { type: 'string', default: '10000' },
    pairs: { type: 'string', default: '9' },
  },
});

await printResults(import.meta.dirname, () => inFolder(measure));

async function measure(folder) {
  const stack = await openStack(folder);
  const count = Number(values.batches);
  try {
    const rows = await watchRuns(stack, folder);
    if (count > 0 && Number(values.pairs) > 0) rows.push(...(await compareTimes(stack, folder, count)));
    return rows;
  } finally {
    await stack.close();
  }
}

async function watchRuns(stack, folder) {
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
  }
}

/** The same run in turns, with no dashboard and with one that is asked for all that the page of the run asks for. */
async function compareTimes(stack, folder, count) {
  const timed = async (follow) => {
    const wanted = await requestBatches(stack, folder, count);
    const end = follow(wanted.run);
    await ended(stack, wanted);
    return { durationMs: await durationOf(stack, wanted.run), events: end() };
  };
  const contestants = [
    { name: 'without a dashboard', run: () => timed(() => () => 0) },
    {
      name: 'with a dashboard',
      async run() {
        const dashboard = await startDashboard(stack.environment);
        try {
          return await timed((run) => askAsPage(dashboard.url, run));
        } finally {
          await dashboard.end();
        }
      },
    },
  ];
  const [without, watched] = await alternate(contestants, { rounds: Number(values.pairs) });
  const seconds = ({ samples }) => median(samples.map(({ durationMs }) => durationMs / 1000));
  const ratios = watched.samples.map(
    (sample, index) => sample.durationMs / without.samples[index].durationMs,
  );
  const row = (what, value, unit) => ({
    what: `${count} batches, ${values.pairs} times each in turns: ${what}`,
    value: Number(value.toFixed(2)),
    unit,
  });
  return [
    row('without a dashboard', seconds(without), 's'),
    row('with one that is asked as by a page', seconds(watched), 's'),
    row(
      'events that it sent, at least',
      Math.min(...watched.samples.map(({ events }) => events)),
      'of a run',
    ),
    row('more time with it, median of the pairs', 100 * (median(ratios) - 1), '%'),
    row('the pair with least', 100 * (Math.min(...ratios) - 1), '%'),
    row('the pair with most', 100 * (Math.max(...ratios) - 1), '%'),
  ];
}

/** From plan to publishing, as the bucket has it: who looks for the end does so seldom. */
async function durationOf({ home }, run) {
  const [plan, load] = await Promise.all(
    [bucketLayout.plan(run), bucketLayout.manifest(run, 'load-1')].map((name) =>
      stat(path.join(home, 'bucket', name)),
    ),
  );
  return load.mtimeMs - plan.mtimeMs;
}

async function ended(stack, { run, isOver }) {
  while (!(await isOver())) {
    const failure = await stack.store.failure(run);
    if (failure !== null) throw new Error(failure.error.message);
    await delay(POLL_MS);
  }
}

async function watchRun(stack, dashboard, browser, request) {
  const used = () => Promise.all([cpuSeconds([dashboard]), cpuSeconds(stack.workers)]);
  const wanted = await request();
  const { run, name } = wanted;
  const before = await used();
  const startedAt = performance.now();
  const watched = await watchPage(browser, new URL(`/runs/${run}`, dashboard.url).href);
  await ended(stack, wanted);
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
