import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ROOT } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The stack of a clean clone, under a name and with a port of its own; gone after the test, volumes included. */
export interface ComposeStack {
  readonly dashboard: string;
  /** Throws with the output when the command fails. */
  compose(...args: string[]): Promise<string>;
  docker(...args: string[]): Promise<string>;
  /** A verb of the CLI in a container of its own. */
  cli(this: void, ...args: string[]): Promise<Result>;
  /** Ids of the running containers. */
  containers(): Promise<string[]>;
  /** Requests a run that reads everything anew, and returns when it has been planned: workers are at it from now on. */
  beginRun(): Promise<string>;
  /** Follows a run to its end. Throws unless it is published. */
  published(run: string): Promise<void>;
  close(): Promise<void>;
}

export async function openComposeStack(): Promise<ComposeStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-compose-'));
  const clone = path.join(folder, 'clone');
  await must('git', ['clone', '--quiet', '--no-hardlinks', ROOT, clone], { cwd: folder });
  const port = await freePort();
  const project = path.basename(folder).toLowerCase();
  const environment = {
    ...process.env,
    COMPOSE_PROJECT_NAME: project,
    MILLRACE_IMAGE: `${project}:test`,
    MILLRACE_DASHBOARD_PORT: String(port),
  };
  const options = { cwd: clone, environment };
  const compose = (...args: string[]) => must('docker', ['compose', ...args], options);
  const cli = (...args: string[]) => run('docker', ['compose', 'run', '--rm', '-T', 'cli', ...args], options);
  return {
    dashboard: `http://127.0.0.1:${port}`,
    compose,
    docker: (...args) => must('docker', args, options),
    cli,
    containers: async () => (await compose('ps', '--quiet')).split('\n').filter((id) => id !== ''),
    async beginRun() {
      const { stdout, stderr } = await cli('run', 'storefront', '--full', '--json');
      if (!stdout.startsWith('{')) throw new Error(`No run was requested:\n${stderr}`);
      const { run: id } = JSON.parse(stdout) as { run: string };
      const plan = ['exec', '-T', 'loader', 'test', '-e', `/data/bucket/runs/${id}/plan.json`];
      await until(async () => (await run('docker', ['compose', ...plan], options)).code === 0, 'a plan');
      return id;
    },
    async published(id) {
      const { code, stdout, stderr } = await cli('watch', id, '--json');
      if (code !== 0) throw new Error(`Run ${id} was not published:\n${stdout}\n${stderr}`);
    },
    async close() {
      await compose('--profile', 'cli', 'down', '--volumes', '--remove-orphans', '--rmi', 'local');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface RunOptions {
  readonly cwd: string;
  readonly environment?: NodeJS.ProcessEnv;
}

async function must(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}:\n${stdout}\n${stderr}`);
}

export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Result> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.environment ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
