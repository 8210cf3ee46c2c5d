import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ROOT } from '../support/test-stack.ts';
import { run as runProgram, type Result } from './command.ts';

const TABLES = ['daily_revenue', 'customer_value', 'product_performance'];

/** Rows of the published tables of one run as text, in an order of their own: without what tells runs apart. */
export type PublishedTables = Readonly<Record<string, readonly string[]>>;

type Cli = (...args: string[]) => Promise<Result>;

/** @param run of which to read the tables */
export async function readTables(cli: Cli, pipeline: string, run: string): Promise<PublishedTables> {
  const tables: Record<string, string[]> = {};
  for (const table of TABLES) {
    const query = `SELECT * FROM ${table} WHERE _run_id = '${run}'`;
    const { code, stdout, stderr } = await cli('query', pipeline, query, '--json');
    if (code !== 0) throw new Error(`${table} could not be read:\n${stderr}`);
    const { rows } = JSON.parse(stdout) as { rows: Record<string, unknown>[] };
    tables[table] = rows.map(withoutRun).sort();
  }
  return tables;
}

function withoutRun(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(row).filter(([column]) => !column.startsWith('_')));
}

/** What the stack of one machine, without containers, publishes of the example as the image makes it. */
export async function tablesOfEmbeddedStack(): Promise<PublishedTables> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-embedded-'));
  const { REDIS_URL: _, ...others } = process.env;
  const options = { cwd: folder, environment: { ...others, MILLRACE_HOME: path.join(folder, 'home') } };
  const node = (file: string, ...args: string[]) =>
    runProgram(process.execPath, [path.join(ROOT, file), ...args], options);
  const cli: Cli = (...args) => node('packages/cli/dist/main.js', ...args);
  try {
    await cp(path.join(ROOT, 'pipelines/storefront'), path.join(folder, 'pipelines/storefront'), {
      recursive: true,
      filter: (file) => !/storefront\/data|\.db/.test(file),
    });
    const made = await node(
      'packages/cli/dist/demo/storefront-main.js',
      '--dir',
      'pipelines/storefront/data',
    );
    if (made.code !== 0) throw new Error(`The data of the example could not be made:\n${made.stderr}`);
    const { code, stdout, stderr } = await cli('run', 'storefront', '--wait', '--json');
    if (code !== 0) throw new Error(`The embedded stack did not publish:\n${stderr}`);
    return await readTables(cli, 'storefront', (JSON.parse(stdout) as { run: string }).run);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
