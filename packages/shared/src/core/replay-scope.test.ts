import { describe, expect, it } from 'vitest';

import { makeManifest, makePlan } from '../testing/make-plan.ts';
import type { RejectReason } from './reject.ts';
import { pendingRejects, replayGroups, type ReplayLayer } from './replay-scope.ts';
import type { ReplayRequest } from './replay.ts';
import type { ReadScope } from './task.ts';

const root = makePlan();
const TASK = 'extract-orders-00001';

const batch = (key: string) =>
  ({ key, format: 'parquet', rows: 1, bytes: 10, sha256: '0'.repeat(64) }) as const;

type Counts = Partial<Record<RejectReason, number>>;

/** A run whose only rejects are of one task. */
function layer(
  run: string,
  byReason: Counts,
  replay: Partial<ReplayRequest> | null,
  read?: ReadScope,
): ReplayLayer {
  const tasks = root.tasks.map((task) =>
    task.kind === 'extract' && task.id === TASK && replay !== null
      ? { ...task, read: read ?? ({ kind: 'rejects', parts: [] } as const) }
      : task,
  );
  const plan = makePlan({ run, tasks });
  const records = Object.values(byReason).reduce((sum, count) => sum + count, 0);
  const manifest = makeManifest(plan, TASK, {
    extracted: {
      files: [{ input: 0, seen: records, accepted: 0, rejected: records, blank: 0 }],
      rejects: { records, byReason, batches: records === 0 ? [] : [batch(`${run}/rejects`)] },
      fingerprint: null,
      reused: null,
    },
  });
  const request = { root: root.run, sequence: 1, reasons: null, sources: null, after: [], mended: null };
  return {
    plan,
    manifests: new Map([[TASK, manifest]]),
    replay: replay === null ? null : { ...request, ...replay },
  };
}

const ALL = { reasons: null, sources: null, mended: null } as const;
const left = (...layers: ReplayLayer[]) =>
  pendingRejects(layers).map(({ run, byReason }) => ({ run, ...byReason }));

describe('rejects that are left', () => {
  const first = layer('root', { type_mismatch: 5, missing_field: 3 }, null);

  it('are all of them before any replay', () => {
    expect(left(first)).toEqual([{ run: 'root', type_mismatch: 5, missing_field: 3 }]);
  });

  it('are those that a replay did not choose, and those that it refused again', () => {
    const second = layer('second', { json_syntax: 2 }, { reasons: ['type_mismatch'] });
    expect(left(first, second)).toEqual([
      { run: 'root', missing_field: 3 },
      { run: 'second', json_syntax: 2 },
    ]);
  });

  it('are none of what a replay read of a source beside the rejects', () => {
    const second = layer('second', { json_syntax: 2 }, {}, { kind: 'files', slices: [] });
    expect(left(first, second)).toEqual([]);
  });

  it('are chosen by the reason for which they were refused last', () => {
    const second = layer('second', { missing_field: 4 }, { reasons: ['type_mismatch'] });
    const third = layer('third', {}, { reasons: ['missing_field'] });
    expect(left(first, second, third)).toEqual([]);
  });

  it('are counted without those that came back mended, which are left out when they are read', () => {
    const mended = {
      groups: [{ source: 'orders', table: null, batches: [batch('mended')] }],
      taken: [{ run: 'root', task: TASK, reason: 'type_mismatch', records: 2 }],
    } as const;
    const second = layer('second', {}, { mended });
    expect(left(first, second)).toEqual([{ run: 'root', type_mismatch: 3, missing_field: 3 }]);
    const [group] = replayGroups([first, second], { ...ALL, reasons: ['type_mismatch'] });
    expect(group?.parts).toEqual([
      {
        batches: [batch('root/rejects')],
        reasons: ['type_mismatch'],
        except: [batch('mended')],
        records: 3,
      },
    ]);
  });
});

describe('what a replay reads', () => {
  it('has no record of which only the beginning was kept, and leaves it for a later one', () => {
    const first = layer('root', { record_too_large: 1, type_mismatch: 1 }, null);
    const [group] = replayGroups([first], ALL);
    expect(group?.parts.map(({ reasons, records }) => ({ reasons, records }))).toEqual([
      { reasons: ['type_mismatch'], records: 1 },
    ]);
    expect(left(first, layer('second', {}, {}))).toEqual([{ run: 'root', record_too_large: 1 }]);
  });

  it('is nothing when only other sources or reasons are left', () => {
    const first = layer('root', { type_mismatch: 1 }, null);
    expect(replayGroups([first], { ...ALL, sources: ['customers'] })).toEqual([]);
    expect(replayGroups([first], { ...ALL, reasons: ['json_syntax'] })).toEqual([]);
  });
});
