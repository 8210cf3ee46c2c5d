import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const KIBIBYTE = 1024;

/** Memory that a process occupies now; null when it is gone. */
export async function residentBytes(pid: number): Promise<number | null> {
  const kibibytes = process.platform === 'linux' ? fromKernel(pid) : await fromPs(pid);
  return kibibytes === null ? null : Number(kibibytes) * KIBIBYTE;
}

/** Not read from a disk: to hand it to another thread would cost more than the reading. */
function fromKernel(pid: number): string | null {
  try {
    return /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? null;
  } catch {
    return null;
  }
}

async function fromPs(pid: number): Promise<string | null> {
  try {
    return (await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout.trim();
  } catch {
    return null;
  }
}
