import { access } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';

import { openComposeStack, type ComposeStack } from './compose-stack.ts';
import { NotHere, openEngine } from './engine.ts';
import { requireContained, requireSecret } from './hardening.ts';
import { LARGE, readTables, tablesOfEmbeddedStack, type PublishedTables } from './storefront-tables.ts';

/** No step begins later than this, so that the whole stays within a quarter of an hour on a machine that is slow or busy. */
const LAST_BEGIN_MS = 540_000;
const BUILD_END_MS = 720_000;
const LAST_END_MS = 780_000;
/** A machine that is fast or busy may be done with a run before the disturbance comes; then another run is disturbed. */
const TRIES = 3;

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
  const before = await volumes(stack);
  await step('up -d', () => stack.compose('up', '-d'));
  await step('run --rm cli run storefront --wait', () => requireExample(stack, expected));
  await step('nothing runs as root, the password is nowhere to be read', async () => {
    await requireContained(stack);
    await requireSecret(stack);
  });
  await step('a pipeline of larger files', () => stack.addLarge());
  let published = 1;
  const disturbances = Object.entries(disturbancesOf(stack));
  for (const [title, disturbance] of disturbances)
    published += await step(`${title} in mid-run`, () => inMidRun(stack, expected, disturbance));
  await step('down and up again, with all that was published and no volume without a name', async () => {
    await stack.compose('down');
    const unnamed = (await volumes(stack)).filter((name) => !before.includes(name) && !name.includes('_'));
    if (unnamed.length > 0) throw new Error(`These volumes are left: ${unnamed.join(', ')}.`);
    await stack.compose('up', '-d');
    const { stdout } = await stack.cli('runs', '--json');
    const { runs } = JSON.parse(stdout) as { runs: { status: string }[] };
    const known = runs.filter(({ status }) => status === 'published').length;
    if (known !== published)
      throw new Error(`${published} runs were published, and ${known} are known:\n${stdout}`);
  });
  await step('bucket and tables in a folder of this machine', async () => {
    await stack.compose('down');
    const folder = await stack.useFolder();
    await stack.compose('up', '-d', '--build');
    await requireExample(stack, expected);
    for (const file of ['tables/storefront/final_analytics.db', 'bucket/runs'])
      await access(path.join(folder, file));
  });
}

interface Disturbance {
  /** It comes when one task of this kind is done, and nothing is published. */
  readonly during: 'extract' | 'model';
  readonly hit: () => Promise<unknown>;
  readonly mend?: () => Promise<unknown>;
}

function disturbancesOf({ compose }: ComposeStack): Readonly<Record<string, Disturbance>> {
  const kill = (...services: string[]) => compose('kill', '--signal', 'KILL', ...services);
  const up = (...args: string[]) => compose('up', '-d', '--no-deps', ...args);
  return {
    scaled: {
      during: 'extract',
      hit: () => compose('up', '-d', '--no-recreate', '--scale', 'extractor=2', '--scale', 'transformer=3'),
    },
    'the extractors killed': { during: 'extract', hit: () => kill('extractor'), mend: () => up('extractor') },
    'a stage killed, rebuilt and started again': {
      during: 'model',
      hit: () => kill('transformer'),
      mend: () => up('--build', 'transformer'),
    },
    'Redis killed and started again': {
      during: 'extract',
      hit: () => kill('redis'),
      mend: () => up('redis'),
    },
    'everything restarted, one by one,': {
      during: 'extract',
      hit: () => compose('restart', 'extractor'),
      async mend() {
        for (const name of ['transformer', 'redis', 'loader', 'dashboard']) await compose('restart', name);
      },
    },
  };
}

/** @returns how many runs were published */
async function inMidRun(
  stack: ComposeStack,
  expected: Expected,
  { during, hit, mend }: Disturbance,
): Promise<number> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const run = await stack.beginLarge(during);
    await hit();
    const isTooLate = await stack.isLoading(run);
    await mend?.();
    await stack.published(run);
    await requireTables(stack, expected, LARGE, run);
    if (!isTooLate) return tries;
  }
  throw new Error(`${TRIES} runs were over before they could be disturbed.`);
}

type Expected = Readonly<Record<string, PublishedTables>>;

async function requireExample(stack: ComposeStack, expected: Expected): Promise<void> {
  const { code, stdout, stderr } = await stack.cli('run', 'storefront', '--wait', '--json');
  if (code !== 0) throw new Error(`The run ended with ${String(code)}:\n${stderr}`);
  await requireTables(stack, expected, 'storefront', (JSON.parse(stdout) as { run: string }).run);
}

async function volumes(stack: ComposeStack): Promise<string[]> {
  return (await stack.docker('volume', 'ls', '--quiet')).split('\n').filter((name) => name !== '');
}

async function requireTables(
  stack: ComposeStack,
  expected: Expected,
  pipeline: string,
  run: string,
): Promise<void> {
  const found = await readTables(stack.cli, pipeline, run);
  for (const [table, rows] of Object.entries(expected[pipeline] ?? {})) {
    if (rows.length > 0 && isDeepStrictEqual(found[table], rows)) continue;
    throw new Error(
      `Table ${table} of run ${run} has other rows (${found[table]?.length}) than with the embedded stack (${rows.length}).`,
    );
  }
}
