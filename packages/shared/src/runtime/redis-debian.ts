import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const MINUTE_MS = 60_000;
const FETCH_TIMEOUT_MS = 5 * MINUTE_MS;

/** redis-tools holds the program, redis-server the name it is started by. */
const PACKAGES = ['redis-server', 'redis-tools'];

export interface UnpackedRedis {
  readonly command: string;
  readonly libraryPath: string;
}

export interface UnpackOptions {
  /** Where fetched software is kept; survives between runs, may be deleted at any time. */
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** The server that `unpackRedis` put into `cacheDir`, or `null`. */
export async function findUnpackedRedis(cacheDir: string): Promise<UnpackedRedis | null> {
  const root = unpackedRoot(cacheDir);
  const command = path.join(root, 'usr/bin/redis-server');
  if (!(await exists(command))) return null;
  return { command, libraryPath: await libraryPathOf(root) };
}

/**
 * Fetches the redis-server package of this Debian or Ubuntu with the libraries that are not installed, and
 * unpacks it into `cacheDir`. Needs no root, and changes nothing outside `cacheDir`: installing it would create a
 * user and a service that starts at every boot.
 *
 * @throws what apt-get, dpkg-deb or the unpacked server reported.
 */
export async function unpackRedis({ cacheDir, env, log }: UnpackOptions): Promise<UnpackedRedis> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(path.join(cacheDir, 'redis-fetch-'));
  try {
    const root = path.join(work, 'root');
    for (const archive of await download(work, env, log)) {
      await run('dpkg-deb', ['-x', archive, root], { env });
    }
    await run(path.join(root, 'usr/bin/redis-server'), ['--version'], {
      env: { ...env, LD_LIBRARY_PATH: await libraryPathOf(root) },
    });
    await publish(root, unpackedRoot(cacheDir));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const unpacked = await findUnpackedRedis(cacheDir);
  if (unpacked === null) throw new Error(`${unpackedRoot(cacheDir)} holds no redis-server after unpacking.`);
  return unpacked;
}

function unpackedRoot(cacheDir: string): string {
  return path.join(cacheDir, `redis-debian-${process.arch}`);
}

/** Puts the finished folder in its place by one rename; when another process was faster, its folder stays. */
async function publish(root: string, target: string): Promise<void> {
  try {
    await rename(root, target);
  } catch (error) {
    if (!(await exists(path.join(target, 'usr/bin/redis-server')))) throw error;
  }
}

/** Downloads the archives into `work` and returns their paths. */
async function download(
  work: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<readonly string[]> {
  const apt = async (options: readonly string[], ...command: readonly string[]): Promise<string> => {
    const result = await run('apt-get', [...options, ...command], {
      cwd: work,
      env: { ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      timeout: FETCH_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return result.stdout;
  };
  const fetchWith = async (options: readonly string[]): Promise<void> => {
    const missing = installedBy(
      await apt(options, '--simulate', '--no-install-recommends', 'install', ...PACKAGES),
    );
    await apt(options, 'download', ...new Set([...PACKAGES, ...missing]));
  };

  log('fetching the redis-server package (once, a few megabytes)');
  const unsandboxed = ['-q', '-o', 'Debug::NoLocking=true', '-o', 'APT::Sandbox::User=root'];
  try {
    await fetchWith(unsandboxed);
  } catch {
    // The package lists of this machine are missing or out of date; its own may only be refreshed by root.
    log('refreshing the list of packages');
    const lists = path.join(work, 'lists');
    await mkdir(path.join(lists, 'partial'), { recursive: true });
    const ownLists = [...unsandboxed, '-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${work}/cache`];
    await apt(ownLists, 'update');
    await fetchWith(ownLists);
  }
  const names = await readdir(work);
  return names.filter((name) => name.endsWith('.deb')).map((name) => path.join(work, name));
}

/** Names of the packages that `apt-get --simulate install` says it would install. */
function installedBy(simulation: string): readonly string[] {
  return [...simulation.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
}

/** Folders below `root` that hold shared libraries, as LD_LIBRARY_PATH wants them. */
async function libraryPathOf(root: string): Promise<string> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const entries = await readdir(path.join(root, base), { withFileTypes: true }).catch(() => []);
    const triplets = entries.filter((entry) => entry.isDirectory() && entry.name.includes('-linux-gnu'));
    folders.push(...triplets.map((entry) => path.join(root, base, entry.name)));
  }
  return folders.join(':');
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
