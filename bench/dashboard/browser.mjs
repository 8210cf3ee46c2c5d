import { readFile } from 'node:fs/promises';
import { clearInterval, setInterval } from 'node:timers';

import { chromium } from 'playwright-core';

const LOOK_EVERY_MS = 500;

/** Chromium of this machine: that of `CHROMIUM`, or Debian's. */
export function openBrowser() {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/**
 * Opens a page and watches what it costs its browser, from when it shows what it was opened for.
 * @returns `stop` gives the longest time for which the page did nothing else, and the most memory that its process held alone
 */
export async function watchPage(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  // Chromium tells of what takes 50 ms or longer.
  await page.addInitScript(() => {
    globalThis.longest = [];
    new globalThis.PerformanceObserver((list) =>
      globalThis.longest.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({ type: 'longtask' });
  });
  await page.goto(url);
  await page.locator('.page:not(:has([aria-busy="true"])) .grid canvas').first().waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const whole = await browser.newBrowserCDPSession();
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  const opening = await page.evaluate(() => globalThis.longest.splice(0));
  const before = await metrics(session);
  const peaks = { heap: 0, process: 0 };
  const look = async () => {
    const { JSHeapUsedSize } = await metrics(session);
    peaks.heap = Math.max(peaks.heap, JSHeapUsedSize / 1e6);
    const held = await Promise.all(renderers.map(ownMegabytes));
    peaks.process = Math.max(peaks.process, ...held);
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS).unref();
  return {
    page,
    async stop() {
      clearInterval(timer);
      await look();
      const updates = await page.evaluate(() => globalThis.longest);
      const after = await metrics(session);
      await page.close();
      if (problems.length > 0) throw new Error(`The page has failed: ${problems.join('; ')}`);
      return {
        openingMs: Math.max(0, ...opening),
        longestMs: Math.max(0, ...updates),
        long: updates.length,
        busySeconds: after.TaskDuration - before.TaskDuration,
        heapMegabytes: Math.round(peaks.heap),
        processMegabytes: Math.round(peaks.process),
      };
    },
  };
}

async function metrics(session) {
  const { metrics: all } = await session.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

/** What no file backs and nobody shares: what Chromium's own task manager calls the footprint. */
async function ownMegabytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1000;
}
