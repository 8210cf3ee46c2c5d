import type { Partition } from '@millrace/shared/core/build-tasks';
import type { ExtractTask } from '@millrace/shared/core/task';
import type { PlannedInput, PlannedSource, StagedTable } from '@millrace/shared/core/plan';

import type { RecordContent } from '../source-record.ts';
import { sampleRecords, type SampleLimits } from './sample-records.ts';

/** Records of what a source's partitions would read, those that can be read; none of what a replay reads again. */
export async function samplePartitions(
  {
    source,
    tables,
    inputs,
  }: { source: PlannedSource; tables: readonly StagedTable[]; inputs: readonly PlannedInput[] },
  partitions: readonly Partition[],
  limits: SampleLimits,
): Promise<Extract<RecordContent, { ok: true }>[]> {
  const fresh = partitions.filter(({ read }) => read.kind !== 'rejects');
  const tasks = fresh.map((partition, index): ExtractTask => ({
    kind: 'extract',
    id: `sample-${index}`,
    dependsOn: [],
    source: source.name,
    tables: partition.tables,
    read: partition.read,
    fingerprint: null,
    reuse: null,
  }));
  const { parts } = await sampleRecords({ inputs, sources: [source], tables }, tasks, limits);
  return parts.flatMap(({ records }) => records.flatMap(({ content }) => (content.ok ? [content] : [])));
}
