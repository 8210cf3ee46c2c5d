import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ROOT } from './test-stack.ts';

/** Real data that is not part of this repository, in a folder beside it; tests that need it skip where it is absent. */
export const SHARED_DATA = path.resolve(ROOT, '../shared/data');
export const hasSharedData = existsSync(SHARED_DATA);
if (!hasSharedData)
  console.warn(
    'Skipped: tests on public data sets that are not part of this repository. Nothing is missing.',
  );

/** A copy of one of tests/pipelines in `folder`, with the path of the real data filled in. */
export async function copyTestPipeline(name: string, folder: string): Promise<string> {
  const target = path.join(folder, name);
  await cp(path.join(ROOT, 'tests/pipelines', name), target, { recursive: true });
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('@DATA@', SHARED_DATA));
  }
  return target;
}
