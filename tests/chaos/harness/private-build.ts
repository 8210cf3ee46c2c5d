import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ROOT, type Service } from '../../support/test-stack.ts';

/** One replacement in a built file; `find` must stand in it exactly once. */
export interface Patch {
  /** Relative to the root of the build. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A copy of everything that was built, which nobody rebuilds and which may be patched. */
export interface PrivateBuild {
  readonly root: string;
  readonly cli: string;
  service(name: Service): string;
}

const WORKSPACES = [
  'packages/shared',
  'packages/sources',
  'packages/cli',
  'services/extractor',
  'services/transformer',
  'services/loader',
];

const SETTINGS = 'packages/shared/dist/adapters/bullmq-settings.js';

/**
 * A product's lock is long, so that a busy machine does not cost work. Here time is what is short: a schedule has
 * seconds in which a dead worker's task must be found.
 */
export const SHORT_LOCKS: readonly Patch[] = [
  { file: SETTINGS, find: 'lockDuration: LOCK_MS', replace: 'lockDuration: 1500' },
  { file: SETTINGS, find: 'lockRenewTime: RENEW_EVERY_MS', replace: 'lockRenewTime: 500' },
  { file: SETTINGS, find: 'stalledInterval: STALLED_EVERY_MS', replace: 'stalledInterval: 700' },
  { file: SETTINGS, find: 'const BACKOFF_FIRST_MS = SECOND', replace: 'const BACKOFF_FIRST_MS = 200' },
];
export const SHORT_LOCK_MS = 1500;

/**
 * Copies the built workspaces into `folder`. Packages of others are linked; workspaces find each other in the copy.
 * @throws when the text of a patch is not found exactly once: a control that changes nothing would prove nothing
 */
export async function copyBuild(folder: string, patches: readonly Patch[]): Promise<PrivateBuild> {
  for (const workspace of WORKSPACES) {
    await cp(path.join(ROOT, workspace, 'dist'), path.join(folder, workspace, 'dist'), {
      recursive: true,
      filter: (file) => !/[.](map|d[.]ts|tsbuildinfo)$/.test(file),
    });
    await cp(path.join(ROOT, workspace, 'package.json'), path.join(folder, workspace, 'package.json'));
  }
  await linkModules(folder);
  for (const patch of patches) await apply(folder, patch);
  return {
    root: folder,
    cli: path.join(folder, 'packages/cli/dist/main.js'),
    service: (name) => path.join(folder, 'services', name, 'dist/main.js'),
  };
}

async function linkModules(folder: string): Promise<void> {
  const [modules, copied] = [path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules')];
  await mkdir(path.join(copied, '@millrace'), { recursive: true });
  for (const name of await readdir(modules)) {
    if (name.startsWith('.') || name === '@millrace' || name === 'millrace') continue;
    await symlink(path.join(modules, name), path.join(copied, name));
  }
  for (const workspace of WORKSPACES.filter((name) => name !== 'packages/cli'))
    await symlink(path.join(folder, workspace), path.join(copied, '@millrace', path.basename(workspace)));
}

async function apply(folder: string, { file, find, replace }: Patch): Promise<void> {
  const target = path.join(folder, file);
  const parts = (await readFile(target, 'utf8')).split(find);
  if (parts.length !== 2)
    throw new Error(`'${find}' stands ${parts.length - 1} times in ${file}, not once: mend the patch.`);
  await writeFile(target, parts.join(replace));
}
