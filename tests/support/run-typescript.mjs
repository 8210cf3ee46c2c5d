/** `node --import ./tests/support/run-typescript.mjs file.ts` runs TypeScript on every version of Node that is supported. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
