import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from '../support/test-stack.ts';

const run = promisify(execFile);

/** A script that provides an engine and stand-ins of the images where no registry can be reached. */
const PROVIDER =
  process.env['MILLRACE_DOCKER_LOCAL'] ?? path.resolve(ROOT, '../shared/tools/docker-local.sh');

/** An engine that answers. */
export interface Engine {
  /** Ends what was started for this test. */
  close(): Promise<void>;
}

/** The engine of this machine, or one that is provided for the test. Null where there is neither. */
export async function openEngine(): Promise<Engine | null> {
  if (await answers()) return { close: () => Promise.resolve() };
  if (!existsSync(PROVIDER)) return null;
  await call(PROVIDER, ['up']);
  return { close: () => call(PROVIDER, ['stop']) };
}

async function answers(): Promise<boolean> {
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}']);
    await run('docker', ['compose', 'version']);
    return true;
  } catch {
    // Not installed, not started or not to be used by this user: to the test it is all the same.
    return false;
  }
}

async function call(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}.`);
}
