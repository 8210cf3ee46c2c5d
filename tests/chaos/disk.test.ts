import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { isMillraceError, type MillraceError } from '@millrace/shared/core/errors';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { doMessage, openTools } from './attempts/attempt.mjs';
import { look, requireDone } from './attempts/lane-state.ts';
import { makeLane, type Lane } from './attempts/lane.ts';
import { SCENARIOS, type Scenario } from './attempts/scenarios.ts';

const run = promisify(execFile);
const TASKS = Object.keys(SCENARIOS) as Scenario[];
const FIRST = 'b0000000';

/** A file system of its own of this size, which only root can mount. */
function mount(folder: string, ...options: string[]): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', folder], { stdio: 'pipe' });
}

async function canMount(): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-mount-'));
  try {
    mount(folder, 'size=1m');
    execFileSync('umount', [folder]);
    return true;
  } catch {
    console.warn('Skipped: tests of full and read-only disks, because this user may not mount any.');
    return false;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const mounts = await canMount();

/** Takes all space but so much. */
async function fill(file: string, leftBytes: number): Promise<void> {
  const handle = await open(file, 'w');
  const block = Buffer.alloc(1024 * 1024);
  let written = 0;
  try {
    for (;;) written += (await handle.write(block)).bytesWritten;
  } catch {
    await handle.truncate(Math.max(0, written - leftBytes));
  } finally {
    await handle.close();
  }
}

/** Makes files until there can be no more. */
async function useUpInodes(folder: string): Promise<void> {
  await mkdir(folder);
  for (let made = 0; ; made += 1) {
    const full = await writeFile(path.join(folder, String(made)), '').then(
      () => false,
      () => true,
    );
    if (full) return;
  }
}

async function attempt(lane: Lane, id: string): Promise<unknown> {
  const { tools } = await openTools(lane.home).catch((error: unknown) => ({ tools: error }));
  if (tools instanceof Error) return tools;
  return doMessage(tools as Parameters<typeof doMessage>[0], lane.message, id).then(
    () => null,
    (error: unknown) => error,
  );
}

function expectNamed(error: unknown, cause: RegExp): MillraceError {
  if (!isMillraceError(error)) throw new Error(`Not a foreseen error: ${String(error)}`);
  expect(error.message).toMatch(cause);
  expect(error.where ?? error.message).toMatch(/runs\/|\/live\//);
  expect(error.hint).toBeTruthy();
  return error;
}

const FULL = /ENOSPC|No space left|SQLITE_(FULL|CANTOPEN|IOERR)/i;
const TEMPORARY = ['later', 'may_help'];

describe.skipIf(!mounts).each(TASKS)('%s on a disk of its own', (scenario) => {
  let disk: string;
  let lane: Lane;
  beforeAll(async () => {
    disk = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-disk-')));
    mount(disk, 'size=24m');
    lane = await makeLane(SCENARIOS[scenario], disk);
  });
  afterEach(() => lane.restore());
  afterAll(async () => {
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
  });

  const remount = (option: string) => execFileSync('mount', ['-o', `remount,${option}`, disk]);

  async function requireDoneByAnother(): Promise<void> {
    expect(await attempt(lane, 'c0000000')).toBeNull();
    await requireDone(lane, FIRST);
  }

  it('that is full fails and says so, and is done when there is space', async () => {
    let failed = 0;
    for (const leftKiB of [0, 4, 16, 64]) {
      await fill(path.join(disk, 'filler'), leftKiB * 1024);
      const error = await attempt(lane, FIRST);
      if (error !== null) {
        failed += 1;
        expect(TEMPORARY).toContain(expectNamed(error, FULL).retry);
      }
      await rm(path.join(disk, 'filler'));
      const seen = await look(lane);
      if (error === null) expect(seen).toBe('all');
      await requireDoneByAnother();
      await lane.restore();
    }
    expect(failed).toBeGreaterThan(0);
  });

  it('that is read-only fails and says so, and is done when it can be written', async () => {
    remount('ro');
    expectNamed(await attempt(lane, FIRST), /EROFS|read-only|readonly|SQLITE_CANTOPEN/i);
    remount('rw');
    expect(await look(lane)).toBe('nothing');
    await requireDoneByAnother();
  });

  it('of which it may have few files open is done, or fails and says so', async () => {
    const driver = path.join(import.meta.dirname, 'attempts/attempt-process.mjs');
    let failed = 0;
    for (const moreFiles of [-1, 1, 4]) {
      const order = { home: lane.home, message: lane.message, attempt: FIRST, moreFiles };
      const { stdout } = await run(process.execPath, [driver, JSON.stringify(order)]);
      const { failure } = JSON.parse(stdout) as { failure: { code: string; message: string } | null };
      if (failure !== null) {
        failed += 1;
        expect(failure.message).toMatch(
          /EMFILE|too many open files|SQLITE_(CANTOPEN|IOERR)|was not finished: its process/i,
        );
        expect(failure.code).not.toBe('internal');
      }
      await look(lane);
      await requireDoneByAnother();
      await lane.restore();
    }
    expect(failed).toBeGreaterThan(0);
  });

  it('that is out of inodes fails and says so, and is done when there are some', async () => {
    remount('nr_inodes=400');
    await useUpInodes(path.join(disk, 'files'));
    expect(TEMPORARY).toContain(expectNamed(await attempt(lane, FIRST), FULL).retry);
    await rm(path.join(disk, 'files'), { recursive: true });
    expect(await look(lane)).toBe('nothing');
    await requireDoneByAnother();
  });
});
