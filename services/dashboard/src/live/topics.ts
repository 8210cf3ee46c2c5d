import type { DashboardEvents } from '../api/event.ts';
import type { RunSummary } from '../api/run.ts';
import type { Topic } from './event-hub.ts';
import type { QueueFeed } from './queue-feed.ts';
import type { RunFeed } from './run-feed.ts';
import type { RunList } from './run-list.ts';
import type { WorkerView } from './worker-view.ts';

/** Older ones have ended, as a rule; who looks at them asks for them. */
const LISTED_RUNS = 50;

export function runsTopic(list: RunList): Topic {
  const known = new Map<string, { summary: RunSummary; text: string; version: number }>();
  let version = 0;
  return {
    event: 'runs',
    async look() {
      const { runs } = await list.find({ limit: LISTED_RUNS });
      for (const summary of runs) {
        const text = JSON.stringify(summary);
        if (known.get(summary.run)?.text === text) continue;
        version += 1;
        known.set(summary.run, { summary, text, version });
      }
      const listed = new Set(runs.map(({ run }) => run));
      for (const run of known.keys()) if (!listed.has(run)) known.delete(run);
    },
    version: () => version,
    since(seen) {
      const changed = [...known.values()].filter((entry) => entry.version > seen);
      return changed.length === 0 ? null : { runs: changed.map(({ summary }) => summary) };
    },
  };
}

export function runTopic(feed: RunFeed, run: string): Topic {
  // Time goes on in a run that waits, which is no news: the page counts by itself.
  return stateTopic(
    'run',
    async () => (await feed.look(run)).live,
    ({ elapsed_ms: _, ...live }) => live,
  );
}

export function workersTopic(workers: WorkerView): Topic {
  return stateTopic('workers', () => workers.page());
}

export function queuesTopic(queues: QueueFeed): Topic {
  return stateTopic('queues', () => queues.look());
}

/** Of something that is sent whole whenever it has changed. */
function stateTopic<Name extends keyof DashboardEvents>(
  event: Name,
  read: () => Promise<DashboardEvents[Name]>,
  telling: (state: DashboardEvents[Name]) => object = (state) => state,
): Topic {
  let version = 0;
  let last: { state: DashboardEvents[Name]; text: string } | null = null;
  return {
    event,
    async look() {
      const state = await read();
      const text = JSON.stringify(telling(state));
      if (text !== last?.text) version += 1;
      last = { state, text };
    },
    version: () => version,
    since: (seen) => (version > seen ? (last?.state ?? null) : null),
  };
}
