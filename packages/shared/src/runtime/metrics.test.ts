import { describe, expect, it } from 'vitest';

import { fail } from '../core/errors.ts';
import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { createWorkMeter, measureCommits } from './measure-work.ts';
import { createRegistry, measureQueues, type Registry } from './metrics.ts';
import type { RunStore } from './run-store.ts';

/** The lines of one metric. */
async function told(registry: Registry, name: string): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('the metrics of queues', () => {
  it('tell depth and age of each stage', async () => {
    const registry = createRegistry('dashboard');
    const addedAt = new Date(Date.now() - 90_000).toISOString();
    measureQueues(registry, {
      depth: () => Promise.resolve({ waiting: 3, running: 1 }),
      oldestAt: (stage) => Promise.resolve(stage === 'load' ? addedAt : null),
    });
    expect(await told(registry, 'millrace_queue_jobs')).toContain(
      'millrace_queue_jobs{stage="extract",state="waiting"} 3',
    );
    const ages = await told(registry, 'millrace_queue_oldest_age_seconds');
    expect(ages[0]).toBe('millrace_queue_oldest_age_seconds{stage="extract"} 0');
    expect(Number(ages[2]?.split(' ')[1])).toBeGreaterThanOrEqual(90);
  });

  it.each([
    ['fails', () => Promise.reject(fail('redis_unavailable', { message: 'Away.' }))],
    ['never answers', () => new Promise<never>(() => undefined)],
  ])('are left out, and the others told, while Redis %s', async (_how, answer) => {
    const registry = createRegistry('extract');
    measureQueues(registry, { depth: answer, oldestAt: answer }, ['extract']);
    const text = await registry.metrics();
    expect(text).not.toContain('millrace_queue_jobs{');
    expect(text).toContain('millrace_build_info{');
  });
});

describe('the metrics of work', () => {
  const plan = makePlan();
  const [task] = plan.tasks;
  if (task === undefined) throw new Error('The plan has no tasks.');
  const manifest = makeManifest(plan, task.id);

  async function rowsAfter(isFirst: boolean, reused: boolean): Promise<string[]> {
    const registry = createRegistry('extract');
    const store = {
      commitManifest: () => Promise.resolve(isFirst),
      plan: () => Promise.resolve(plan),
    } as Partial<RunStore> as RunStore;
    const extracted = {
      files: [],
      rejects: { records: 0, byReason: {}, batches: [] },
      fingerprint: null,
      reused: reused ? { run: plan.run, task: manifest.task } : null,
    };
    const measured = measureCommits(store, createWorkMeter(registry, 'extract'));
    expect(await measured.commitManifest({ ...manifest, extracted })).toBe(isFirst);
    return told(registry, 'millrace_rows_total');
  }

  it('count what this worker committed', async () => {
    expect(await rowsAfter(true, false)).toHaveLength(1);
  });

  it('count neither what another attempt has committed nor what an earlier run has read', async () => {
    expect(await rowsAfter(false, false)).toEqual([]);
    expect(await rowsAfter(true, true)).toEqual([]);
  });
});
