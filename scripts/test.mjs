/** `npm test`: makes the checkout ready, runs all tests, and ends with one line that counts them. */
import { bootstrap } from './bootstrap.mjs';
import { runTests } from './run-tests.mjs';

await bootstrap();
process.exitCode = await runTests(process.argv.slice(2));
