/**
 * `npm run test:compose`: builds the image, brings the stack up as a clean clone would, disturbs it in the middle of runs and
 * compares what is published. `--where-possible` says so and succeeds where there is no Docker engine.
 */
import { bootstrap, runAttached } from './bootstrap.mjs';

await bootstrap();
const script = ['--import', './tests/support/run-typescript.mjs', 'tests/compose/main.ts'];
process.exitCode = await runAttached(process.execPath, [...script, ...process.argv.slice(2)]);
