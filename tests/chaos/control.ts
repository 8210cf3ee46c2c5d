import { SHORT_LOCKS, type Patch } from './harness/private-build.ts';
import { targetedSchedule, type Schedule, type Target } from './schedule.ts';

/** A protection switched off in a private copy of the build. The campaign must find out, and say so in these words. */
export interface Control {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** What strikes where the protection is missed. */
  readonly target: Target;
  readonly red: RegExp;
  /** Where what is missed is that a run ends: how long to wait for it. */
  readonly patienceMs?: number;
}

const LEDGER = 'packages/shared/dist/core/ledger-schema.js';
const LOAD = 'services/loader/dist/adapters/sqlite-load.js';
const BUCKET = 'packages/shared/dist/adapters/bucket-folder.js';

export const CONTROLS: readonly Control[] = [
  {
    name: 'no-ledger-key',
    target: 'frozen-loader',
    red: /rows of run|the ledger names/,
    patches: [
      { file: LOAD, find: 'const earlier = findLoad(db, run);', replace: 'const earlier = null;' },
      // The rows of the run are counted before the commit, which would find doubled ones too.
      {
        file: LOAD,
        find: 'const found = countLoaded(db, table.table, table.disposition, run) ?? written;',
        replace: 'const found = written;',
      },
      { file: LEDGER, find: 'run_id TEXT NOT NULL UNIQUE', replace: 'run_id TEXT NOT NULL' },
      {
        file: 'services/loader/dist/adapters/sqlite-ledger.js',
        find: 'INSERT INTO _millrace_load_tables',
        replace: 'INSERT OR REPLACE INTO _millrace_load_tables',
      },
    ],
  },
  {
    name: 'rename-for-link',
    target: 'frozen-extractor',
    red: /was committed 2 times|the manifest names/,
    patches: [
      {
        file: BUCKET,
        find: 'const created = linkNew(temporary, file);',
        replace: 'renameSync(temporary, file); const created = true;',
      },
    ],
  },
  {
    name: 'publish-per-table',
    target: 'killed-loader',
    red: /the reader saw: \d+ rows of run .*, not published/,
    patches: [
      {
        file: LOAD,
        find: 'counts.push(loaded);',
        replace: `counts.push(loaded); db.exec('COMMIT'); await new Promise((resolve) => setTimeout(resolve, 50)); db.exec('BEGIN IMMEDIATE');`,
      },
    ],
  },
  {
    name: 'no-publish-claim',
    target: 'cancelled-loader',
    red: /is named by .* and is not there|the ledger names/,
    patches: [
      {
        file: LOAD,
        find: 'await hooks.claimPublish();',
        replace: 'await new Promise((resolve) => setTimeout(resolve, 1500));',
      },
    ],
  },
  {
    name: 'max-stalled-1',
    target: 'killed-extractor',
    red: /ended as failed with poison_task/,
    patches: [
      {
        file: 'packages/shared/dist/adapters/bullmq-settings.js',
        find: 'maxStalledCount: MAX_STALLED',
        replace: 'maxStalledCount: 1',
      },
    ],
  },
  {
    name: 'no-hashes',
    target: 'flipped-bit',
    red: /of run .* has \d+ rows, expected|ended as failed/,
    patches: [
      {
        file: BUCKET,
        find: 'if (found.bytes !== reference.bytes || found.sha256 !== reference.sha256)',
        replace: 'if (found.bytes < 0)',
      },
    ],
  },
  {
    name: 'no-reconciler',
    target: 'flushed-redis',
    red: /Not every run ended/,
    patienceMs: 12_000,
    patches: [
      {
        file: 'packages/shared/dist/runtime/turns.js',
        find: 'act: () => reconciler.reconcile()',
        replace: 'act: () => Promise.resolve()',
      },
    ],
  },
];

export function patchesOf(control: Control | null): readonly Patch[] {
  return [...SHORT_LOCKS, ...(control?.patches ?? [])];
}

export function controlSchedule(control: Control, seed: number): Schedule {
  const schedule = targetedSchedule(control.target, seed);
  return { ...schedule, patienceMs: control.patienceMs ?? schedule.patienceMs };
}
