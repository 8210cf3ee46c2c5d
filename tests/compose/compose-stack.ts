import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ROOT } from '../support/test-stack.ts';
import { must, Overtime, run, type CommandOptions, type Result } from './command.ts';
import { NotHere } from './engine.ts';
import { LARGE, writeLarge } from './storefront-tables.ts';

/** The stack of a clean clone, under a name and with a port of its own; gone after the test, volumes included. */
export interface ComposeStack {
  readonly dashboard: string;
  /** @throws NotHere when it takes too long, or the packages that it installs cannot be reached */
  build(limitMs: number): Promise<void>;
  /** Throws with the output when the command fails. */
  compose(this: void, ...args: string[]): Promise<string>;
  docker(...args: string[]): Promise<string>;
  /** A verb of the CLI in a container of its own. */
  cli(this: void, ...args: string[]): Promise<Result>;
  /** Ids of the running containers. */
  containers(): Promise<string[]>;
  /** Adds the large pipeline, as a person would: a folder under `pipelines`. */
  addLarge(): Promise<void>;
  /** Requests a run of it that reads everything anew, and returns as soon as one task of this kind is done. */
  beginLarge(during: 'extract' | 'model'): Promise<string>;
  /** Whether a run has begun to be published, or has been. */
  isLoading(run: string): Promise<boolean>;
  /** Follows a run to its end. Throws unless it is published. */
  published(run: string): Promise<void>;
  /** As `docs/deploy.md` says how: bucket and tables in a folder of this machine. @returns that folder */
  useFolder(): Promise<string>;
  close(): Promise<void>;
}

/** Of the containers, where this test runs as root. */
const CONTAINER_UID = 1000;
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
    addLarge: () => writeLarge(path.join(clone, 'pipelines')),
    async beginLarge(during) {
      const { stdout, stderr } = await cli('run', LARGE, '--full', '--json');
      if (!stdout.startsWith('{')) throw new Error(`No run was requested:\n${stderr}`);
      const { run: id } = JSON.parse(stdout) as { run: string };
      // Waited for inside: a command of docker takes longer than some of these tasks.
      const done = `until ls /data/bucket/runs/${id}/tasks/${during}-* > /dev/null 2>&1; do sleep 0.05; done`;
      await compose('exec', '-T', 'loader', 'sh', '-c', done);
      return id;
    },
    async isLoading(id) {
      const begun = ['exec', '-T', 'loader', 'test', '-e', `/data/bucket/runs/${id}/decision.json`];
      return (await run('docker', ['compose', ...begun], options)).code === 0;
    },
    async published(id) {
      const { code, stdout, stderr } = await cli('watch', id, '--json');
      if (code !== 0) throw new Error(`Run ${id} was not published:\n${stdout}\n${stderr}`);
    },
    async useFolder() {
      const data = path.join(clone, 'data');
      await mkdir(data);
      const [uid, gid] = [process.getuid?.() ?? CONTAINER_UID, process.getgid?.() ?? CONTAINER_UID];
      if (uid === 0) await chown(data, CONTAINER_UID, CONTAINER_UID);
      const ids = uid === 0 ? '' : `MILLRACE_UID=${uid}\nMILLRACE_GID=${gid}\n`;
      await writeFile(path.join(clone, '.env'), `MILLRACE_DATA=./data\n${ids}`);
      return data;
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
