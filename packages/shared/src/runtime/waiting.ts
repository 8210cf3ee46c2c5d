import type { Message } from '../contracts/message.ts';
import { readyTasks } from '../core/advance.ts';
import { TERMINAL_STATUSES } from '../core/status.ts';
import { mustWait, type Wait, type WaitLimits, type Work } from '../core/wait.ts';
import type { Bucket } from '../ports/bucket.ts';
import { createOutstanding } from './outstanding.ts';
import { readPause } from './pause.ts';
import { whyRoundIsOver } from './round-over.ts';
import { createRunStore, type RunState, type RunStore } from './run-store.ts';

/** Answers whether work must wait, from what the bucket says now. */
export interface Waiting {
  /** Null when the job may start. */
  ofJob(message: Message): Promise<Wait | null>;
  /** Why what a run would do next waits; null when it need not, and when the run has ended. */
  ofRun(state: RunState): Promise<Wait | null>;
}

export function createWaiting(bucket: Bucket, store: RunStore, limits: WaitLimits): Waiting {
  const isPaused = async (pipeline: string) => (await readPause(bucket, pipeline))?.paused === true;
  const outstanding = createOutstanding(createRunStore(bucket), isPaused);

  async function ofWork(run: string, pipeline: string, work: Work): Promise<Wait | null> {
    const isReading = work === 'plan' || work === 'extract';
    const [pause, freeBytes, held] = await Promise.all([
      readPause(bucket, pipeline),
      isReading && limits.minFreeBytes > 0 ? bucket.freeBytes() : null,
      isReading && limits.outstandingBytes > 0 ? outstanding() : [],
    ]);
    // Ids of runs sort by the time of request.
    const older = held.filter((other) => other.run < run);
    return mustWait(work, { pipeline, pause, older, freeBytes }, limits);
  }

  /** Jobs of a round that is over have nothing to do, nor those of a cancelled run; one that is being published goes on. */
  async function isSettled({ run, round }: Message): Promise<boolean> {
    return (await store.decision(run)) !== null || (await whyRoundIsOver(store, run, round)) !== null;
  }

  return {
    async ofJob(message) {
      const work = await workOf(store, message);
      const request = await store.request(message.run);
      // What is not there is for the work itself to say.
      if (work === null || request === null) return null;
      const wait = await ofWork(message.run, request.pipeline, work);
      return wait !== null && (await isSettled(message)) ? null : wait;
    },
    async ofRun({ request: { run, pipeline }, plan, manifests, status, decision }) {
      if (TERMINAL_STATUSES.includes(status) || decision !== null) return null;
      const ready = plan === null ? [] : readyTasks(plan, new Set(manifests.keys()));
      const works = plan === null ? (['plan'] as const) : new Set(ready.map(({ kind }) => kind));
      for (const work of works) {
        const wait = await ofWork(run, pipeline, work);
        if (wait !== null) return wait;
      }
      return null;
    },
  };
}

async function workOf(store: RunStore, message: Message): Promise<Work | null> {
  if (message.type === 'run_requested') return 'plan';
  if (message.type !== 'task_ready') return null;
  const plan = await store.plan(message.run);
  return plan?.tasks.find(({ id }) => id === message.task)?.kind ?? null;
}
