/**
 * `npm run screenshots -- <address of a dashboard> <folder>`: pictures of every page, light and dark, for the
 * documentation. Shows the newest run, its pipeline and the first of its tables. Needs a Chromium on the PATH.
 */
/* global fetch */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { chromium } from 'playwright-core';

const [address = 'http://127.0.0.1:4700', folder = 'docs/screenshots'] = process.argv.slice(2);
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** @param {string} route */
async function ask(route) {
  return /** @type {any} */ (await (await fetch(new URL(route, address))).json());
}

const { runs } = await ask('/api/runs?limit=1');
const [{ run, pipeline }] = runs;
const { tables } = await ask('/api/tables');
const table = tables.find((/** @type {{ pipeline: string }} */ one) => one.pipeline === pipeline);

/** @type {[name: string, route: string][]} */
const pages = [
  ['runs', '/runs'],
  ['run', `/runs/${run}`],
  ['timeline', `/runs/${run}?tab=timeline`],
  ['tasks', `/runs/${run}?tab=tasks`],
  ['rejects', `/runs/${run}?tab=rejects`],
  ['checks', `/runs/${run}?tab=checks`],
  ['pipelines', '/pipelines'],
  ['pipeline', `/pipelines/${pipeline}`],
  ['trends', `/pipelines/${pipeline}?tab=trends`],
  ['tables', '/tables'],
  ['table', `/tables/${pipeline}/${table.table}`],
  ['workers', '/workers'],
  ['health', '/doctor'],
];

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 860 } });
  page.on('response', (response) => {
    if (response.status() >= 400) console.error(`${response.status()} ${response.url()}`);
  });
  for (const [name, route] of pages) {
    await page.goto(new URL(route, address).href);
    await page.locator('.page:not(:has([aria-busy="true"]))').waitFor();
    await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) });
  }
  await page.close();
}
await browser.close();
