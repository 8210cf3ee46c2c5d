import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findChromium, launch } from '../support/chromium.ts';
import { startDashboard, type TestDashboard } from '../support/dashboard.ts';
import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const OPERATOR = 'pass of operators';
const VIEWER = 'pass of viewers';
/** Far more than a page needs: the machine may be busy with other tests. */
const PATIENCE_MS = 60_000;
const program = await findChromium();

describe.skipIf(program === null)('the dashboard behind a password', () => {
  let stack: TestStack;
  let dashboard: TestDashboard;
  let browser: Browser;
  /** Address of a run that waits, and could be cancelled. */
  let place: string;

  beforeAll(async () => {
    if (program === null) throw new Error('Skipped without a browser.');
    stack = await startTestStack([]);
    const { stdout } = await stack.cli('run', await writeNumbers(stack.folder, 10), '--json');
    place = `/runs/${(JSON.parse(stdout) as { run: string }).run}`;
    dashboard = await startDashboard(stack, {
      MILLRACE_DASHBOARD_PASSWORD: OPERATOR,
      MILLRACE_DASHBOARD_VIEWER_PASSWORD: VIEWER,
    });
    browser = await launch(program);
  }, 2 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await dashboard?.stop();
    await stack?.stop();
  });

  /** A person who has no session yet. */
  async function arrive(): Promise<Page> {
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const answer = await page.goto(dashboard.url + place);
    expect(answer?.status()).toBe(401);
    return page;
  }

  async function give(page: Page, password: string): Promise<void> {
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
  }

  it('tells a wrong password, and leads the right one to the page that was asked for', async () => {
    const page = await arrive();
    await give(page, 'pass of nobody');
    await page.getByRole('alert').getByText('This password is not right.').waitFor();
    expect(await page.evaluate(`fetch('/api/runs').then(({ status }) => status)`)).toBe(401);
    await give(page, OPERATOR);
    await page.getByRole('button', { name: 'Cancel run' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(place);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Password').waitFor();
    expect((await page.goto(dashboard.url + place))?.status()).toBe(401);
    await page.context().close();
  });

  it('shows a viewer everything, and no button that changes something', async () => {
    const page = await arrive();
    await give(page, VIEWER);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('.page:not(:has([aria-busy="true"])) .facts').waitFor();
    expect(await page.getByRole('button', { name: /cancel|retry|resume/i }).count()).toBe(0);
    await page.goto(`${dashboard.url}/pipelines/numbers`);
    await page.getByRole('link', { name: 'pipeline.yml' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Run|Pause)$/ }).count()).toBe(0);
    await page.context().close();
  });
});
