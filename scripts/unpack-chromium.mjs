/**
 * `npm run chromium`: gives the browser tests a browser on a Debian or Ubuntu that has none. Unpacks the
 * distribution's own package into the project's cache; installs nothing, and needs no root.
 */
import path from 'node:path';

import { findUnpacked, unpackProgram } from '@millrace/shared/runtime/debian-packages';

import { ROOT } from './bootstrap.mjs';
import { CHROMIUM } from './chromium.mjs';

const cacheDir = path.join(ROOT, '.millrace/cache');
const log = (/** @type {string} */ line) => console.error(line);
const program =
  (await findUnpacked(CHROMIUM, cacheDir)) ??
  (await unpackProgram(CHROMIUM, { cacheDir, env: process.env, log }));
console.log(program.command);
