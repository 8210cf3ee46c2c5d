import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { tryProcessLock, type ProcessLock } from '@millrace/shared/runtime/process-lock';

/** How commands in other terminals find the stack of a home. */
export interface StackRecord {
  readonly pid: number;
  readonly redisUrl: string;
  /** Null when it has none. */
  readonly dashboardUrl: string | null;
  /** ISO UTC. */
  readonly startedAt: string;
  /** `command`: it ends with the command that started it. */
  readonly lifetime: 'up' | 'command';
}

const RETRY_MS = 50;
const LOCK_TRIES = 10;
const STARTING_TIMEOUT_MS = 60_000;

const stackFile = (home: string): string => path.join(home, 'stack.json');
const lockFile = (home: string): string => path.join(home, 'stack.lock');

/**
 * The right to be the stack of a home, or null while another process has it. The operating system takes it back
 * when the process ends, so a stack file that a killed process left is never believed.
 */
export async function lockStack(home: string): Promise<ProcessLock | null> {
  await mkdir(home, { recursive: true });
  for (let attempt = 1; attempt <= LOCK_TRIES; attempt += 1) {
    const lock = tryProcessLock(lockFile(home));
    if (lock !== null) return lock;
    // `findStack` of another process holds it for a moment.
    await delay(RETRY_MS);
  }
  return null;
}

/** By the holder of the lock only. */
export async function writeStackFile(home: string, record: StackRecord): Promise<void> {
  const draft = `${stackFile(home)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, stackFile(home));
}

/** By the holder of the lock only. */
export async function removeStackFile(home: string): Promise<void> {
  await rm(stackFile(home), { force: true });
}

/** The running stack of a home; waits for one that is just starting. Null when there is none. */
export async function findStack(home: string): Promise<StackRecord | null> {
  const giveUpAt = Date.now() + STARTING_TIMEOUT_MS;
  while (isStackAlive(home) && Date.now() < giveUpAt) {
    const record = await readStackFile(home);
    if (record !== null) return record;
    await delay(RETRY_MS);
  }
  return null;
}

export function isStackAlive(home: string): boolean {
  if (!existsSync(lockFile(home))) return false;
  const lock = tryProcessLock(lockFile(home));
  lock?.release();
  return lock === null;
}

async function readStackFile(home: string): Promise<StackRecord | null> {
  try {
    return JSON.parse(await readFile(stackFile(home), 'utf8')) as StackRecord;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
