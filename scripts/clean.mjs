/** `npm run clean`: removes what the build made. Packages and data stay. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './bootstrap.mjs';

/** @type {{ workspaces: string[] }} */
const { workspaces } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
for (const workspace of workspaces)
  rmSync(path.join(ROOT, workspace, 'dist'), { recursive: true, force: true });
rmSync(path.join(ROOT, 'node_modules/.cache'), { recursive: true, force: true });
