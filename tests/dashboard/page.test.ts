import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { findChromium, launch } from '../support/chromium.ts';
import { startDashboard, type TestDashboard } from '../support/dashboard.ts';
import { writeHostile, HOSTILE } from '../support/hostile-pipeline.ts';
import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Far more than a page needs: the machine may be busy with other tests. */
const PATIENCE_MS = 60_000;
const PHONE = { width: 360, height: 740 };
const program = await findChromium();

describe.skipIf(program === null)('the page of the dashboard', () => {
  let stack: TestStack;
  let dashboard: TestDashboard;
  let browser: Browser;
  let axe: string;
  /** What a browser had to complain of, in all tests. */
  const complaints: string[] = [];

  beforeAll(async () => {
    if (program === null) throw new Error('Skipped without a browser.');
    stack = await startTestStack([]);
    dashboard = await startDashboard(stack);
    browser = await launch(program);
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
    await stack?.stop();
  });
  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  async function open(path: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await browser.newPage({ colorScheme });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => {
      const { url } = message.location();
      if (['error', 'warning'].includes(message.type()))
        complaints.push(`${path}: ${message.text()} (${url})`);
    });
    page.on('pageerror', (error) => complaints.push(`${path}: ${error.message}`));
    page.on('dialog', (dialog) => complaints.push(`${path}: a dialog says ${dialog.message()}`));
    await page.goto(dashboard.url + path);
    return page;
  }

  /** Requests a run and returns its id. */
  async function request(pipeline: string): Promise<string> {
    const { code, stdout, stderr } = await stack.cli('run', pipeline, '--json');
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { run: string }).run;
  }

  it('says what to do while there is nothing to show', async () => {
    const page = await open('/');
    await page.getByText('Nothing has run yet').waitFor();
    expect(await page.getByText('millrace run pipelines/storefront').count()).toBe(1);
    await page.close();
  });

  it('follows a run from its request to its tables without being loaded anew', async () => {
    const page = await open('/runs');
    await page.getByText('Nothing has run yet').waitFor();
    const run = await request(await writeNumbers(stack.folder, 3000, 100));
    await page.getByRole('link', { name: 'numbers', exact: true }).click();
    await page.getByRole('heading', { name: run }).waitFor();
    await Promise.all(
      (['extractor', 'transformer', 'loader'] as const).map((service) => stack.start(service)),
    );
    await page.locator('.page-head').getByText('published').waitFor();
    await page.getByRole('button', { name: /^model numbers_kept,.* done, 3,000 rows/ }).waitFor();
    await page.getByRole('img', { name: /^extract numbers: 1\/1 task · 30 batches/ }).waitFor();
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page
      .getByRole('img', { name: /1 task, busy/ })
      .first()
      .waitFor();
    await page.close();
  });

  it('shows hostile names and values as text, rejected records with reason and place, and rows that fail a check', async () => {
    const { code, stdout, stderr } = await stack.cli(
      'run',
      await writeHostile(stack.folder),
      '--wait',
      '--json',
    );
    expect(code, stderr).toBe(0);
    const { run } = JSON.parse(stdout) as { run: string };
    const page = await open(`/runs/${run}?tab=rejects`);
    await page.getByText('type_mismatch', { exact: true }).first().waitFor();
    const reject = page.locator('.reject').first();
    expect(await reject.textContent()).toContain(HOSTILE.file);
    expect(await reject.textContent()).toMatch(/line 5 · record 4/);

    await page
      .getByRole('link', { name: /^Checks/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Show failing rows' }).click();
    await page.getByRole('cell', { name: HOSTILE.script }).waitFor();
    expect(await page.getByRole('cell', { name: HOSTILE.ansiSeen }).count()).toBe(1);

    await page.goto(`${dashboard.url}/tables/hostile/notes_kept`);
    await page.getByRole('cell', { name: HOSTILE.script }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.close();
  });

  it('cancels a run by button, after asking', async () => {
    const pipeline = await writeNumbers(`${stack.folder}/paused`, 100);
    // It must not be faster than a finger.
    for (const verb of ['deploy', 'pause']) expect((await stack.cli(verb, pipeline)).code).toBe(0);
    const run = await request(pipeline);
    const page = await open(`/runs/${run}`);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
    await page.locator('.page-head').getByText('cancelled').waitFor();
    await page.getByRole('button', { name: 'Cancel run' }).waitFor({ state: 'detached' });
    await page.close();
    expect((await stack.cli('unpause', pipeline)).code).toBe(0);
  });

  it('shows why a check ended a run, and walks its graph by keyboard', async () => {
    const { stdout } = await stack.cli(
      'run',
      await writeHostile(`${stack.folder}/strict`, 'error'),
      '--wait',
      '--json',
    );
    const { run } = JSON.parse(stdout) as { run: string };
    const page = await open('/');
    const row = page.getByRole('row').filter({ hasText: run });
    await row.getByRole('link', { name: 'hostile', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('check failed').first().waitFor();
    expect(await page.getByRole('link', { name: /its job in the queue/ }).getAttribute('href')).toMatch(
      /^\/queues\//,
    );

    await page.getByRole('button', { name: /^source notes/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^table notes/, pressed: true }).waitFor();
    await page.close();
  });

  it('retries a run by keyboard, once its cause is mended', async () => {
    const pipeline = await writeNumbers(`${stack.folder}/mended`, 100);
    const database = `${pipeline}/out.db`;
    await writeFile(database, 'no database');
    const { stdout } = await stack.cli('run', pipeline, '--wait', '--json');
    const { run, status } = JSON.parse(stdout) as { run: string; status: string };
    expect(status).toBe('failed');
    await rm(database);
    const page = await open(`/runs/${run}`);
    await page.getByRole('button', { name: 'Retry' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.page-head').getByText('published').waitFor();
    await page.getByText('try 2').waitFor();
    await page.close();
  });

  /** Addresses of every page and part of a page, with a run that failed and one that was published. */
  async function places(): Promise<string[]> {
    const { runs } = (await (await fetch(`${dashboard.url}/api/runs`)).json()) as {
      runs: { run: string; status: string }[];
    };
    const shown = ['failed', 'published'].map((status) => runs.find((run) => run.status === status)?.run);
    expect(shown).not.toContain(undefined);
    const tabs = ['', '?tab=timeline', '?tab=tasks', '?tab=rejects', '?tab=checks', '?tab=details'];
    return [
      '/runs',
      ...shown.flatMap((run) => tabs.map((tab) => `/runs/${run}${tab}`)),
      ...['', '?tab=trends', '?tab=runs', '?tab=file'].map((tab) => `/pipelines/hostile${tab}`),
      ...['/pipelines', '/tables', '/tables/hostile/notes_kept', '/workers', '/doctor', '/nothing'],
    ];
  }

  /** Opens an address and waits for what it shows. */
  async function visit(page: Page, place: string): Promise<void> {
    await page.goto(dashboard.url + place);
    await page.locator('.page:not(:has([aria-busy="true"]))').waitFor();
  }

  it.each(['light', 'dark'] as const)('gives axe nothing serious to say in %s', async (scheme) => {
    const page = await open('/runs', scheme);
    for (const place of await places()) {
      await visit(page, place);
      await page.evaluate(axe);
      const found =
        await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
          .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')))`);
      expect(found, place).toEqual([]);
    }
    await page.close();
  });

  it('fits a phone without scrolling sideways', async () => {
    const page = await open('/runs');
    await page.setViewportSize(PHONE);
    const tooWide: string[] = [];
    for (const place of await places()) {
      await visit(page, place);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > PHONE.width) tooWide.push(`${place}: ${width}`);
    }
    expect(tooWide).toEqual([]);
    await page.close();
  });
});
