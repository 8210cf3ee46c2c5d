/** `npm run demo`: makes the checkout ready and runs the demo; arguments after `--` go to it. */
import path from 'node:path';

import { bootstrap, ROOT, runAttached } from './bootstrap.mjs';

await bootstrap();
const cli = path.join(ROOT, 'packages/cli/dist/main.js');
process.exitCode = await runAttached(process.execPath, [cli, 'demo', ...process.argv.slice(2)]);
