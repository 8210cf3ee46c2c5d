import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { findStrace } from './attempts/find-strace.ts';
import { makeLane, type Lane } from './attempts/lane.ts';
import { SCENARIOS, type Scenario } from './attempts/scenarios.ts';
import { traceUndisturbed } from './attempts/sweep.ts';
import type { TracedCall } from './attempts/trace.ts';

const strace = await findStrace();

let lane: Lane;
afterEach(() => lane.remove());

async function trace(scenario: Scenario): Promise<readonly TracedCall[]> {
  lane = await makeLane(SCENARIOS[scenario]);
  if (strace === null) throw new Error('Skipped without it.');
  return traceUndisturbed(strace, lane);
}

const WRITES = /^(write|writev|pwrite64|pwritev|fallocate|ftruncate)$/;
const succeeded = ({ result }: TracedCall) => /^\d/.test(result);

function allOf(calls: readonly TracedCall[], call: RegExp, file: string): TracedCall[] {
  return calls.filter((one) => call.test(one.call) && one.paths.includes(file) && succeeded(one));
}

/** Whether a file or folder was synced after one moment and before another. */
function syncedBetween(calls: readonly TracedCall[], file: string, after: number, before: number): boolean {
  return allOf(calls, /^f(data)?sync$/, file).some(({ begun, ended }) => begun > after && ended < before);
}

const lastEnd = (calls: readonly TracedCall[]) => Math.max(-1, ...calls.map(({ ended }) => ended));

/** Names under which content became visible, and what is wrong with the order in which each did. */
function lintLinks(calls: readonly TracedCall[]): { names: string[]; faults: string[] } {
  const links = calls.filter(({ call, result }) => /^link(at)?$/.test(call) && result === '0');
  const manifest = links.find(({ paths }) => path.basename(path.dirname(paths[1] ?? '')) === 'tasks');
  const faults = links.flatMap((link) => {
    const [temporary = '', name = ''] = link.paths;
    const written = lastEnd(allOf(calls, WRITES, temporary));
    const until = link === manifest || manifest === undefined ? Number.POSITIVE_INFINITY : manifest.begun;
    return [
      ...(written >= 0 ? [] : [`${name}: nobody wrote it`]),
      ...(syncedBetween(calls, temporary, written, link.begun)
        ? []
        : [`${name}: not synced before it was seen`]),
      ...(syncedBetween(calls, path.dirname(name), link.ended, until)
        ? []
        : [`${name}: its folder not synced before a manifest named it`]),
    ];
  });
  return { names: links.map(({ paths }) => path.relative(lane.folder, paths[1] ?? '')), faults };
}

/** Folders that were made and not synced in their parents: a power cut would take them with all they hold. */
function forgettable(calls: readonly TracedCall[]): string[] {
  return calls
    .filter(
      ({ call, result, path: name }) =>
        /^mkdir(at)?$/.test(call) && result === '0' && !name.includes('/spill'),
    )
    .filter(
      ({ path: name, ended }) => !syncedBetween(calls, path.dirname(name), ended, Number.POSITIVE_INFINITY),
    )
    .map(({ path: name }) => name);
}

describe.skipIf(strace === null)(
  'what is seen is durable before, and what is acknowledged is durable:',
  () => {
    it.each(['an extract of small batches', 'an extract of large batches', 'a model'] as const)(
      '%s',
      async (scenario) => {
        const calls = await trace(scenario);
        const { names, faults } = lintLinks(calls);
        expect(names.filter((name) => name.endsWith('.parquet')).length).toBeGreaterThan(0);
        expect(names.filter((name) => name.includes('/tasks/'))).toHaveLength(1);
        expect(faults).toEqual([]);
        expect(forgettable(calls)).toEqual([]);
        // Control: without the syncs every name is found at fault, for its content and for its folder.
        expect(lintLinks(calls.filter(({ call }) => call !== 'fsync')).faults).toHaveLength(2 * names.length);
      },
    );

    it('a load into SQLite: decided, then committed and synced, then its manifest', async () => {
      const calls = await trace('a load into a new SQLite file');
      const { names, faults } = lintLinks(calls);
      expect(names.map((name) => path.basename(name))).toEqual(['decision.json', 'load-1.json']);
      expect(faults).toEqual([]);
      const [decision, manifest] = calls.filter(({ call }) => /^link/.test(call)) as [TracedCall, TracedCall];
      const log = `${lane.destination}-wal`;
      const written = allOf(calls, /^pwrite64$/, log);
      const committed = lastEnd(written);
      expect(decision.ended).toBeLessThan(committed);
      expect(syncedBetween(calls, log, committed, manifest.begun)).toBe(true);
    });

    it('a load into files: each file and their folder, then the rename, then the folder of runs, then its manifest', async () => {
      const calls = await trace('a load into files');
      expect(lintLinks(calls).faults).toEqual([]);
      const rename = calls.find(
        ({ call, paths }) => /^rename/.test(call) && (paths[1] ?? '').endsWith(lane.run),
      );
      const [incoming = '', published = ''] = rename?.paths ?? [];
      const files = new Set(calls.map((call) => call.path).filter((file) => path.dirname(file) === incoming));
      // What is written under another name first is synced under that.
      const nameOf = (file: string) => path.basename(file).replace(/^[.][0-9a-f]+[.]/, '');
      expect([...files].map(nameOf).sort()).toEqual([
        '_millrace.json',
        '_millrace_checks.json',
        '_millrace_drift.json',
        'kept.csv',
        'totals.csv',
      ]);
      const renamed = rename?.begun ?? -1;
      for (const file of files)
        expect(syncedBetween(calls, file, lastEnd(allOf(calls, WRITES, file)), renamed), file).toBe(true);
      expect(syncedBetween(calls, incoming, -1, renamed)).toBe(true);
      const manifest = calls.findLast(({ call }) => /^link/.test(call));
      expect(syncedBetween(calls, path.dirname(published), rename?.ended ?? 0, manifest?.begun ?? 0)).toBe(
        true,
      );
    });
  },
);
