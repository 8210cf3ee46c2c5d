import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Gives work a folder of its own, and removes it. */
export async function inFolder(work) {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-bench-')));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
