import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';

import { openComposeStack, type ComposeStack } from './compose-stack.ts';
import { NotHere, openEngine } from './engine.ts';
import { requireContained, requireSecret } from './hardening.ts';
import { readTables, tablesOfEmbeddedStack, type PublishedTables } from './storefront-tables.ts';

/** No step begins later than this, so that the whole stays within a quarter of an hour on a machine that is slow or busy. */
const LAST_BEGIN_MS = 540_000;
const BUILD_END_MS = 720_000;
const LAST_END_MS = 780_000;

const { values } = parseArgs({ options: { 'where-possible': { type: 'boolean', default: false } } });
// At once: a program of the engine that hangs would keep this one waiting after all is said.
process.exit(await main());

async function main(): Promise<number> {
  try {
    const engine = await openEngine();
    try {
      await tryOpened();
    } finally {
      await engine.close();
    }
    console.log('Compose: all steps passed.');
    return 0;
  } catch (error) {
    if (error instanceof NotHere) {
      console.log(`Compose: not tried to its end on this machine: ${error.message}.`);
      return values['where-possible'] ? 0 : 3;
    }
    console.error(error);
    return 1;
  }
}

async function tryOpened(): Promise<void> {
  const stack = await openComposeStack();
  try {
    await tryStack(stack);
  } catch (error) {
    if (!(error instanceof NotHere)) console.error(await stack.compose('logs', '--tail', '60').catch(String));
    throw error;
  } finally {
    await stack.close();
  }
}

async function step<T>(title: string, action: () => Promise<T>): Promise<T> {
  if (performance.now() > LAST_BEGIN_MS)
    throw new NotHere(`${LAST_BEGIN_MS / 60_000} minutes were over before the step "${title}"`);
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  try {
    const result = await Promise.race([action(), lastEnd(title)]);
    console.log(`  ${title}: ${seconds()}`);
    return result;
  } catch (error) {
    console.log(`  ${title}: ended early after ${seconds()}`);
    throw error;
  }
}

/** Four minutes at least for what takes half of one: a step that is not done by then hangs. */
async function lastEnd(title: string): Promise<never> {
  await delay(LAST_END_MS - performance.now(), undefined, { ref: false });
  throw new Error(`The step "${title}" did not end.`);
}

/** As a person would use it, on a clean clone and with no setting but a free port. */
async function tryStack(stack: ComposeStack): Promise<void> {
  const expected = await step('tables of the embedded stack', tablesOfEmbeddedStack);
  await step('build', () => stack.build(BUILD_END_MS - performance.now()));
  await step('up -d', () => stack.compose('up', '-d'));
  await step('run --rm cli run storefront --wait', async () => {
    const { code, stdout, stderr } = await stack.cli('run', 'storefront', '--wait', '--json');
    if (code !== 0) throw new Error(`The run ended with ${String(code)}:\n${stderr}`);
    await requireTables(stack, expected, (JSON.parse(stdout) as { run: string }).run);
  });
  await step('nothing runs as root, the password is nowhere to be read', async () => {
    await requireContained(stack);
    await requireSecret(stack);
  });
  await step('scaled in mid-run', () =>
    inMidRun(stack, expected, () =>
      stack.compose('up', '-d', '--no-recreate', '--scale', 'extractor=2', '--scale', 'transformer=3'),
    ),
  );
  await step('a stage killed, rebuilt and started again in mid-run', () =>
    inMidRun(stack, expected, async () => {
      await stack.compose('kill', '--signal', 'KILL', 'transformer', 'extractor');
      await stack.compose('up', '-d', '--no-deps', '--build', 'transformer');
      await stack.compose('up', '-d', '--no-deps', 'extractor');
    }),
  );
  await step('Redis killed and started again in mid-run', () =>
    inMidRun(stack, expected, async () => {
      await stack.compose('kill', '--signal', 'KILL', 'redis');
      await stack.compose('up', '-d', '--no-deps', 'redis');
    }),
  );
  await step('everything restarted, one by one, in mid-run', () =>
    inMidRun(stack, expected, async () => {
      const names = (await stack.compose('ps', '--services')).split('\n').filter((name) => name !== '');
      for (const name of names) await stack.compose('restart', name);
    }),
  );
  await step('down and up again, with all that was published', async () => {
    await stack.compose('down');
    await stack.compose('up', '-d');
    const { stdout } = await stack.cli('runs', '--json');
    const { runs } = JSON.parse(stdout) as { runs: { status: string }[] };
    const published = runs.filter(({ status }) => status === 'published').length;
    if (published !== 5) throw new Error(`5 runs were published, and ${published} are known:\n${stdout}`);
  });
}

async function inMidRun(
  stack: ComposeStack,
  expected: PublishedTables,
  disturb: () => Promise<unknown>,
): Promise<void> {
  const run = await stack.beginRun();
  await disturb();
  await stack.published(run);
  await requireTables(stack, expected, run);
}

async function requireTables(stack: ComposeStack, expected: PublishedTables, run: string): Promise<void> {
  const found = await readTables(stack.cli, 'storefront', run);
  for (const [table, rows] of Object.entries(expected)) {
    if (rows.length > 0 && isDeepStrictEqual(found[table], rows)) continue;
    throw new Error(
      `Table ${table} of run ${run} has other rows (${found[table]?.length}) than with the embedded stack (${rows.length}).`,
    );
  }
}
