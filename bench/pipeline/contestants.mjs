import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { digestTables, requireEqual } from '../support/tables.mjs';
import { removeDatabase, runWhole } from '../support/whole-process.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CLI = path.join(ROOT, 'packages/cli/dist/main.js');
/** Of what was unpacked once for this checkout. A cold start is one without processes, not one without programs. */
const CACHE = path.join(ROOT, '.millrace/cache');

/**
 * @typedef {Awaited<ReturnType<import('../support/data.mjs').makeStorefront>>} Storefront
 * @typedef {{ durationMs: number, peaks: Record<string, number> }} Sample
 */

/** Digests of the first one's tables; all others must make the same. */
function createReferee() {
  let expected = null;
  return {
    expected: () => expected,
    judge(who, file) {
      const found = digestTables(file);
      expected ??= found;
      requireEqual(who, found, expected);
    },
  };
}

/** Contestants over the same data, and the tables that all of them must have made. */
export function createContest(folder) {
  const { expected, judge } = createReferee();
  return {
    /** What all of them made. */
    tables: expected,
    /** Services are warm; what is measured goes from the request of a run to its publication. */
    warm: (stack, storefront) => async () => {
      await removeDatabase(storefront.target);
      const { durationMs, peaks } = await stack.run(storefront.pipeline);
      judge('millrace', storefront.target);
      return { durationMs, peaks };
    },
    /** `millrace run --wait` with nothing up yet: it starts Redis and workers, runs, and ends them. */
    cold: (storefront) => async () => {
      await removeDatabase(storefront.target);
      const home = await mkdtemp(path.join(folder, 'cold-'));
      await mkdir(CACHE, { recursive: true });
      await symlink(CACHE, path.join(home, 'cache'));
      const words = [CLI, 'run', storefront.pipeline, '--wait'];
      const environment = { ...process.env, MILLRACE_HOME: home };
      delete environment['REDIS_URL'];
      const { durationMs, peakMb } = await runWhole(process.execPath, words, { environment, folder: ROOT });
      judge('millrace run --wait', storefront.target);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
      return { durationMs, peaks: { 'largest process': peakMb } };
    },
    /** @param {import('../peers/list.mjs').Peer} peer */
    peer: (peer, storefront) => async () => {
      const target = path.join(folder, `${path.basename(peer.file)}.db`);
      await removeDatabase(target);
      const { durationMs, peakMb } = await runWhole(peer.command, [peer.file, storefront.data, target]);
      judge(peer.name, target);
      await removeDatabase(target);
      return { durationMs, peaks: { process: peakMb } };
    },
  };
}
