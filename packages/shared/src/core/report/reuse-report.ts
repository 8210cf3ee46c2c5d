import { inputsOf } from '../describe-extract.ts';
import type { Plan } from '../plan.ts';
import type { ExtractTask } from '../task.ts';

import { manifestsOf, sum, type RunView } from './run-view.ts';

/** What a run would read of a source, and what it would take over from earlier runs. */
export interface SourceReuse {
  readonly files_read: number;
  readonly bytes_read: number;
  readonly files_reused: number;
  readonly bytes_reused: number;
  readonly partitions_reused: number;
}

/** A file counts as read when any part of it is. */
export function reportSourceReuse(plan: Plan, source: string): SourceReuse {
  const tasks = plan.tasks.filter(
    (task): task is ExtractTask => task.kind === 'extract' && task.source === source,
  );
  const reused = tasks.filter(({ reuse }) => reuse !== null);
  const read = new Set(tasks.filter(({ reuse }) => reuse === null).flatMap((task) => inputsOf(task.read)));
  const spared = new Set(reused.flatMap((task) => inputsOf(task.read)).filter((input) => !read.has(input)));
  const bytesOf = (inputs: Iterable<number>) => sum(inputs, (input) => plan.inputs[input]?.sizeBytes ?? 0);
  return {
    files_read: read.size,
    bytes_read: bytesOf(read),
    files_reused: spared.size,
    bytes_reused: bytesOf(spared),
    partitions_reused: reused.length,
  };
}

/** What a run took over from earlier ones instead of reading it. */
export interface RunReuse {
  readonly partitions: number;
  /** Records that were read by those earlier runs. */
  readonly records: number;
  readonly from_runs: readonly string[];
}

export function reportRunReuse(run: Pick<RunView, 'plan' | 'manifests'>): RunReuse {
  const taken = manifestsOf(run, 'extract').flatMap(({ extracted }) =>
    extracted === null || extracted.reused === null ? [] : [{ ...extracted, from: extracted.reused.run }],
  );
  return {
    partitions: taken.length,
    records: sum(taken, ({ files }) => sum(files, (file) => file.seen)),
    from_runs: [...new Set(taken.map(({ from }) => from))].sort(),
  };
}
