import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

/** A pipeline like the example, with so much data that its runs can be met in their middle. */
export const LARGE = 'large';
const LARGE_SIZE = ['--orders', '200000', '--files', '16'];

/** What the stack of one machine, without containers, publishes of the example as the image makes it, and of the large one. */
export async function tablesOfEmbeddedStack(): Promise<Readonly<Record<string, PublishedTables>>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-embedded-'));
  const { REDIS_URL: _, ...others } = process.env;
  const options = { cwd: folder, environment: { ...others, MILLRACE_HOME: path.join(folder, 'home') } };
  const cli: Cli = (...args) =>
    runProgram(process.execPath, [path.join(ROOT, 'packages/cli/dist/main.js'), ...args], options);
  const tables: Record<string, PublishedTables> = {};
  try {
    await writeExample(path.join(folder, 'pipelines'), 'storefront', []);
    await writeLarge(path.join(folder, 'pipelines'));
    for (const pipeline of ['storefront', LARGE]) {
      const { code, stdout, stderr } = await cli('run', pipeline, '--wait', '--json');
      if (code !== 0) throw new Error(`The embedded stack did not publish ${pipeline}:\n${stderr}`);
      tables[pipeline] = await readTables(cli, pipeline, (JSON.parse(stdout) as { run: string }).run);
    }
    return tables;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function writeLarge(pipelines: string): Promise<void> {
  await writeExample(pipelines, LARGE, LARGE_SIZE);
}

/** A copy of the example under a name, with data of its own. */
async function writeExample(pipelines: string, name: string, size: readonly string[]): Promise<void> {
  const folder = path.join(pipelines, name);
  await cp(path.join(ROOT, 'pipelines/storefront'), folder, {
    recursive: true,
    filter: (file) => !/storefront\/data|\.db/.test(file),
  });
  const file = path.join(folder, 'pipeline.yml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^name: .*$/m, `name: ${name}`));
  const program = path.join(ROOT, 'packages/cli/dist/demo/storefront-main.js');
  const args = [program, '--dir', path.join(folder, 'data'), ...size];
  const made = await runProgram(process.execPath, args);
  if (made.code !== 0) throw new Error(`The data of ${name} could not be made:\n${made.stderr}`);
}
