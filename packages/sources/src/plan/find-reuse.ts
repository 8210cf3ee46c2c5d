import { hash } from 'node:crypto';

import { describeExtract } from '@millrace/shared/core/describe-extract';
import type { Plan } from '@millrace/shared/core/plan';
import type { Task } from '@millrace/shared/core/task';
import type { PlanMemory } from '@millrace/shared/ports/plan-memory';

/** Questions to the memory at a time: a plan may have thousands of partitions, and a bucket answers in milliseconds. */
const PARALLEL_LOOKUPS = 16;

/**
 * The tasks of a plan, each extract task with its fingerprint and, where the memory knows it, the earlier task that
 * made the same. Without a memory all are read.
 */
export async function findReuse(plan: Plan, memory: PlanMemory | null): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let at = 0; at < plan.tasks.length; at += PARALLEL_LOOKUPS) {
    const some = plan.tasks.slice(at, at + PARALLEL_LOOKUPS);
    tasks.push(...(await Promise.all(some.map((task) => findEarlier(plan, task, memory)))));
  }
  return tasks;
}

async function findEarlier(plan: Plan, task: Task, memory: PlanMemory | null): Promise<Task> {
  const description = task.kind === 'extract' ? describeExtract(plan, task) : null;
  if (task.kind !== 'extract' || description === null) return task;
  const fingerprint = hash('sha256', description);
  return { ...task, fingerprint, reuse: (await memory?.extract(fingerprint)) ?? null };
}
