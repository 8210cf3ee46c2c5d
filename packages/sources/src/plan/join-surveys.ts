import type { Partition } from '@millrace/shared/core/build-tasks';
import type { PlannedInput } from '@millrace/shared/core/plan';
import type { ReadScope } from '@millrace/shared/core/task';

import type { SourceSurvey } from './source-survey.ts';

/** Puts the inputs of sources one behind the other. Partitions then name them by their place among all. */
export function joinSurveys(surveys: readonly Pick<SourceSurvey, 'inputs' | 'partitions'>[]): {
  readonly inputs: readonly PlannedInput[];
  readonly partitions: readonly Partition[];
} {
  const inputs: PlannedInput[] = [];
  const partitions: Partition[] = [];
  for (const survey of surveys) {
    const before = inputs.length;
    for (const partition of survey.partitions)
      partitions.push({ ...partition, read: behind(partition.read, before) });
    // One at a time: a source may have more files than a call may have arguments.
    for (const input of survey.inputs) inputs.push(input);
  }
  return { inputs, partitions };
}

function behind(read: ReadScope, before: number): ReadScope {
  switch (read.kind) {
    case 'files':
      return { ...read, slices: read.slices.map((slice) => ({ ...slice, input: slice.input + before })) };
    case 'relation':
      return { ...read, input: read.input + before };
    case 'rejects':
      return read;
  }
}
