import { access, constants } from 'node:fs/promises';
import path from 'node:path';

import { findUnpacked } from '@millrace/shared/runtime/debian-packages';
import { chromium, type Browser } from 'playwright-core';

import { CHROMIUM } from '../../scripts/chromium.mjs';
import { ROOT } from './test-stack.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

interface Program {
  readonly command: string;
  readonly libraryPath: string | null;
}

/** The browser of this machine, or the one that `npm run chromium` unpacked; null, with a sentence on standard error, where there is none. */
export async function findChromium(): Promise<Program | null> {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    for (const name of NAMES) {
      const command = path.join(folder, name);
      if (await isExecutable(command)) return { command, libraryPath: null };
    }
  }
  const unpacked = await findUnpacked(CHROMIUM, path.join(ROOT, '.millrace/cache'));
  if (unpacked === null) {
    console.error('The browser tests are skipped: there is no Chromium. `npm run chromium` unpacks one.');
  }
  return unpacked;
}

export function launch({ command, libraryPath }: Program): Promise<Browser> {
  return chromium.launch({
    executablePath: command,
    // Tests run as root in containers, where Chromium has no sandbox; what it shows comes from this machine.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    env: libraryPath === null ? process.env : { ...process.env, LD_LIBRARY_PATH: libraryPath },
  });
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
