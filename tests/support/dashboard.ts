import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { ROOT, type TestStack } from './test-stack.ts';

export interface TestDashboard {
  /** Without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** The dashboard of a stack, on a port of its own. */
export async function startDashboard(
  stack: TestStack,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestDashboard> {
  const child = spawn(process.execPath, [path.join(ROOT, 'services/dashboard/dist/main.js')], {
    env: {
      ...process.env,
      REDIS_URL: stack.redisUrl,
      MILLRACE_HOME: path.join(stack.folder, 'home'),
      MILLRACE_QUEUE_PREFIX: stack.prefix,
      MILLRACE_DASHBOARD_PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as { msg?: string; url?: string };
      if (line.msg === 'ready' && line.url !== undefined) resolve(line.url.replace(/\/$/, ''));
    });
    child.once('exit', (code, signal) =>
      reject(new Error(`The dashboard ended (${signal ?? code}) before it was ready.`)),
    );
  });
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return { url, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
