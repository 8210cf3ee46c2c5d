import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ROOT } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import { must, Overtime, run, type CommandOptions, type Result } from './command.ts';
import { NotHere } from './engine.ts';

/** The stack of a clean clone, under a name and with a port of its own; gone after the test, volumes included. */
export interface ComposeStack {
  readonly dashboard: string;
  /** @throws NotHere when it takes too long, or the packages that it installs cannot be reached */
  build(limitMs: number): Promise<void>;
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

const PLAN_LIMIT_MS = 240_000;
const REACH_PACKAGES = 'apt-get update --error-on=any && npm view typescript version';

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
    build: (limitMs) => buildImage({ ...options, limitMs }),
    compose,
    docker: (...args) => must('docker', args, options),
    cli,
    containers: async () => (await compose('ps', '--quiet')).split('\n').filter((id) => id !== ''),
    async beginRun() {
      const { stdout, stderr } = await cli('run', 'storefront', '--full', '--json');
      if (!stdout.startsWith('{')) throw new Error(`No run was requested:\n${stderr}`);
      const { run: id } = JSON.parse(stdout) as { run: string };
      const plan = ['exec', '-T', 'loader', 'test', '-e', `/data/bucket/runs/${id}/plan.json`];
      await until(
        async () => (await run('docker', ['compose', ...plan], options)).code === 0,
        'a plan',
        PLAN_LIMIT_MS,
      );
      return id;
    },
    async published(id) {
      const { code, stdout, stderr } = await cli('watch', id, '--json');
      if (code !== 0) throw new Error(`Run ${id} was not published:\n${stdout}\n${stderr}`);
    },
    async close() {
      await compose('--profile', 'cli', 'down', '--volumes', '--remove-orphans', '--timeout', '20');
      await run('docker', ['image', 'rm', '--force', environment.MILLRACE_IMAGE], options);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function buildImage(options: CommandOptions): Promise<void> {
  try {
    await must('docker', ['compose', 'build', 'extractor'], options);
  } catch (error) {
    if (error instanceof Overtime) throw new NotHere('there was not the time to build the image');
    const probe = ['run', '--rm', 'node:22-bookworm-slim', 'sh', '-c', REACH_PACKAGES];
    if ((await run('docker', probe, options)).code === 0) throw error;
    throw new NotHere('a container reaches no packages of Debian or of npm, which the image installs');
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
