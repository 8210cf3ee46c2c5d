import { existsSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from '../support/test-stack.ts';
import { must, run } from './command.ts';

/** A script that provides an engine and stand-ins of the images where no registry can be reached. */
const PROVIDER =
  process.env['MILLRACE_DOCKER_LOCAL'] ?? path.resolve(ROOT, '../shared/tools/docker-local.sh');
const PROVIDER_LIMIT_MS = 360_000;
const ASK_LIMIT_MS = 30_000;
const PULL_LIMIT_MS = 120_000;

const IMAGES = ['node:22-bookworm-slim', 'redis:7-alpine'];

/** An engine that answers, with the images that the project begins from. */
export interface Engine {
  /** Ends what was started for this test. */
  close(): Promise<void>;
}

/** There is nothing wrong with millrace: this machine cannot try it in containers. */
export class NotHere extends Error {}

/**
 * The engine of this machine, or one that is provided for the test.
 *
 * @throws NotHere where there is neither, or no way to the images or to the packages that a build installs
 */
export async function openEngine(): Promise<Engine> {
  const wasRunning = await answers();
  const engine = { close: async () => void (wasRunning || (await provider('stop'))) };
  if (wasRunning && (await hasImages())) return engine;
  if (!existsSync(PROVIDER)) {
    throw new NotHere(
      wasRunning
        ? `the engine has no ${IMAGES.join(' or ')} and cannot fetch them`
        : 'no Docker engine with Compose answers, and there is no ../shared/tools/docker-local.sh (MILLRACE_DOCKER_LOCAL) to provide one',
    );
  }
  if (process.getuid?.() !== 0) throw new NotHere(`${PROVIDER} can provide an engine to root alone`);
  try {
    await provider('up');
  } catch (error) {
    // What is already known to be wrong is worth more than that there may be nothing to stop.
    await engine.close().catch(() => undefined);
    throw new NotHere(`no engine could be provided: ${(error as Error).message.trim()}`);
  }
  return engine;
}

async function answers(): Promise<boolean> {
  return (
    (await succeeds('version', '--format', '{{.Server.Version}}')) && (await succeeds('compose', 'version'))
  );
}

async function hasImages(): Promise<boolean> {
  for (const image of IMAGES) {
    if (await succeeds('image', 'inspect', image)) continue;
    if (!(await succeeds('pull', '--quiet', image))) return false;
  }
  return true;
}

async function succeeds(...args: string[]): Promise<boolean> {
  const limitMs = args[0] === 'pull' ? PULL_LIMIT_MS : ASK_LIMIT_MS;
  try {
    return (await run('docker', args, { limitMs })).code === 0;
  } catch {
    // Not installed, not to be used by this user, without an answer: to the test it is all the same.
    return false;
  }
}

async function provider(verb: 'up' | 'stop'): Promise<void> {
  await must(PROVIDER, [verb], { limitMs: PROVIDER_LIMIT_MS, attached: true });
}
