import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Starts a built service and waits until it takes jobs. Whoever starts it ends it with `endService`. */
export async function startService(service, environment) {
  const main = path.join(import.meta.dirname, '../services', service, 'dist/main.js');
  const child = spawn(process.execPath, [main], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"ready"')) break;
  }
  child.stdout.resume();
  return child;
}

export async function endService(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The most memory that a process ever held, as Linux counts it. */
export async function peakMegabytes({ pid }) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
}

/** In hundredths of a second, as Linux counts (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** What these processes and those that they started have used of the processor so far. */
export async function cpuSeconds(children) {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(ids.map(readStat))).filter((stat) => stat !== null);
  const counted = new Set(children.map(({ pid }) => pid));
  // A process comes after its parent, unless ids have begun anew.
  for (const { pid, parent } of all.sort((a, b) => a.pid - b.pid)) if (counted.has(parent)) counted.add(pid);
  const ticks = all.filter(({ pid }) => counted.has(pid)).reduce((sum, stat) => sum + stat.ticks, 0);
  return ticks / TICKS_PER_SECOND;
}

/** Null for a process that has just ended; the time of ended children is with their parent. */
async function readStat(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The name before may hold anything, also blanks and parentheses.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent, ticks] = [fields[1], fields.slice(11, 15)];
  return { pid: Number(pid), parent, ticks: ticks.reduce((sum, count) => sum + count, 0) };
}
