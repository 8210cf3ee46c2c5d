import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { findUnpacked, unpackProgram, type DebianProgram } from '@millrace/shared/runtime/debian-packages';

import { ROOT } from '../../support/test-stack.ts';

const run = promisify(execFile);

/** A strace that may look into processes here. */
export interface Strace {
  readonly command: string;
  /** For LD_LIBRARY_PATH; empty for one that is installed. */
  readonly libraryPath: string;
}

const STRACE: DebianProgram = {
  name: 'strace',
  packages: ['strace'],
  command: 'usr/bin/strace',
  versionFlag: '-V',
};
const CACHE = path.join(ROOT, '.millrace/cache');

/**
 * The strace of this machine; else that of its Debian or Ubuntu, unpacked into the cache. Null where there is none or
 * where it may do nothing: then a sentence says which tests are not made.
 */
export async function findStrace(): Promise<Strace | null> {
  const why = process.platform === 'linux' ? await tryAll() : 'it exists for Linux only';
  if (typeof why !== 'string') return why;
  console.warn(`Skipped: tests at single system calls, which need strace: ${why}.`);
  return null;
}

async function tryAll(): Promise<Strace | string> {
  try {
    const installed: Strace = { command: 'strace', libraryPath: '' };
    const strace = (await isThere(installed)) ? installed : await unpack();
    await run(strace.command, ['-f', '-o', '/dev/null', process.execPath, '--version'], environment(strace));
    return strace;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  }
}

async function isThere(strace: Strace): Promise<boolean> {
  return run(strace.command, ['-V'], environment(strace)).then(
    () => true,
    () => false,
  );
}

async function unpack(): Promise<Strace> {
  const found = await findUnpacked(STRACE, CACHE);
  const log = (line: string) => console.log(line);
  return found ?? (await unpackProgram(STRACE, { cacheDir: CACHE, env: process.env, log }));
}

function environment({ libraryPath }: Strace): { env: NodeJS.ProcessEnv } {
  return { env: libraryPath === '' ? process.env : { ...process.env, LD_LIBRARY_PATH: libraryPath } };
}
