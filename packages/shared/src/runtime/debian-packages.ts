import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { formatBytes } from '../core/format-bytes.ts';

const run = promisify(execFile);

const MINUTE_MS = 60_000;
const FETCH_TIMEOUT_MS = 5 * MINUTE_MS;

export interface UnpackOptions {
  /** Where fetched software is kept; survives between runs, may be deleted at any time. */
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** A program of a Debian package that is not installed. */
export interface UnpackedProgram {
  readonly command: string;
  readonly libraryPath: string;
}

/** The packages that a program needs, and how it is tried. */
export interface DebianProgram {
  /** Names its folder in the cache. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Its path in the package. */
  readonly command: string;
  readonly versionFlag: string;
}

/** The program that `unpackProgram` put into `cacheDir`, or `null`. */
export async function findUnpacked(
  program: DebianProgram,
  cacheDir: string,
): Promise<UnpackedProgram | null> {
  const root = unpackedRoot(program, cacheDir);
  const command = path.join(root, program.command);
  if (!(await exists(command))) return null;
  return { command, libraryPath: await libraryPathOf(root) };
}

/**
 * Fetches packages of this Debian or Ubuntu with the libraries that are not installed, and unpacks them into
 * `cacheDir`. Needs no root, and changes nothing outside `cacheDir`.
 *
 * @throws what apt-get, dpkg-deb or the unpacked program reported.
 */
export async function unpackProgram(
  program: DebianProgram,
  { cacheDir, env, log }: UnpackOptions,
): Promise<UnpackedProgram> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(path.join(cacheDir, `${program.name}-fetch-`));
  const target = unpackedRoot(program, cacheDir);
  try {
    const root = path.join(work, 'root');
    for (const archive of await download(program, work, env, log)) {
      await run('dpkg-deb', ['-x', archive, root], { env });
    }
    await run(path.join(root, program.command), [program.versionFlag], {
      env: { ...env, LD_LIBRARY_PATH: await libraryPathOf(root) },
    });
    await publish(root, target, program.command);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const unpacked = await findUnpacked(program, cacheDir);
  if (unpacked === null) throw new Error(`${target} holds no ${program.command} after unpacking.`);
  return unpacked;
}

function unpackedRoot({ name }: DebianProgram, cacheDir: string): string {
  return path.join(cacheDir, `${name}-debian-${process.arch}`);
}

/** Puts the finished folder in its place by one rename; when another process was faster, its folder stays. */
async function publish(root: string, target: string, command: string): Promise<void> {
  try {
    await rename(root, target);
  } catch (error) {
    if (!(await exists(path.join(target, command)))) throw error;
  }
}

/** Downloads the archives into `work` and returns their paths. */
async function download(
  { name, packages }: DebianProgram,
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
      await apt(options, '--simulate', '--no-install-recommends', 'install', ...packages),
    );
    const wanted = [...new Set([...packages, ...missing])];
    const sizeBytes = sizeOf(await apt(options, '--print-uris', 'download', ...wanted));
    const what = wanted.length === 1 ? 'the Debian package' : `${wanted.length} Debian packages`;
    log(`fetching ${what} of ${name}, ${formatBytes(sizeBytes)}; only once`);
    await apt(options, 'download', ...wanted);
  };

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

/** Bytes of the archives that `apt-get --print-uris` lists: `'uri' name size hash` in each line. */
function sizeOf(listed: string): number {
  return [...listed.matchAll(/^'\S+' \S+ (\d+)/gm)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
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
