import { spawn } from 'node:child_process';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Far beyond what it takes on a slow machine: a command that is still running then hangs. */
  readonly limitMs?: number;
  /** Shows the output of something that takes minutes while it runs, and does not return it. */
  readonly attached?: boolean;
}

/** A program was stopped because it took longer than it may. */
export class Overtime extends Error {}

const LIMIT_MS = 240_000;

/** Runs a program to its end, whatever its exit code. Throws Overtime when it hangs, and when it cannot be started. */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Result> {
  const { cwd, environment = process.env, limitMs = LIMIT_MS, attached = false } = options;
  const output = attached ? 'inherit' : 'pipe';
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', output, output] });
  let [stdout, stderr] = ['', ''];
  // Decoded here: a character may begin in one chunk and end in the next.
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let limit: NodeJS.Timeout | undefined;
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
      limit = setTimeout(() => {
        // Not waited for: a plugin of docker that outlives it would keep the pipes open.
        child.kill('SIGTERM');
        const said = attached ? '' : `:\n${stdout}\n${stderr}`;
        reject(new Overtime(`${command} ${args.join(' ')} did not end within ${limitMs / 1000} s${said}`));
      }, limitMs);
    });
    return { code, stdout, stderr };
  } finally {
    clearTimeout(limit);
  }
}

/** The standard output of a program that succeeds. Throws with all of its output when it does not. */
export async function must(
  command: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code === 0) return stdout;
  const said = `${stdout}\n${stderr}`.trim();
  throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}${said && `:\n${said}`}`);
}
