import type { Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { PlannedInput } from '@millrace/shared/core/plan';
import type { ExtractTask, FileSlice } from '@millrace/shared/core/task';

import { compilePath, isSourceObject } from '../judge/read-path.ts';
import type { SourceValue } from '../source-value.ts';
import { sampleRecords, type SampleLimits } from './sample-records.ts';

/** Records that types are inferred from. A value that does not fit its inferred type is rejected, visibly. */
const LIMITS: SampleLimits = { records: 20_000, bytesPerPart: 8 * 1024 * 1024, rowsPerPart: 20_000 };

/** Rows of a table without declared columns: records, or the elements of its `each` array, from several files. */
export async function sampleTable(
  source: Source,
  table: Pick<TableDeclaration, 'each'>,
  inputs: readonly PlannedInput[],
): Promise<SourceValue[]> {
  const slices = inputs.map((_, input) => ({ input, start: 0, end: null, firstLine: 1, firstRecord: 1 }));
  const { parts } = await sampleRecords(
    { inputs, sources: [source], tables: [] },
    [readAll(source, slices)],
    LIMITS,
  );
  const records = parts.flatMap((part) => part.records);
  return records.flatMap(({ content }) => (content.ok ? rowsOf(content.value, table.each) : []));
}

function readAll(source: Source, slices: readonly FileSlice[]): ExtractTask {
  return {
    kind: 'extract',
    id: 'sample',
    dependsOn: [],
    source: source.name,
    tables: [],
    fingerprint: null,
    reuse: null,
    read: { kind: 'files', slices },
  };
}

/** What a record holds for a table: itself, or the elements of the array at `each`. */
function rowsOf(record: SourceValue, each: readonly (string | number)[] | null): readonly SourceValue[] {
  if (each === null) return [record];
  const elements = isSourceObject(record) ? compilePath(each)(record) : null;
  return Array.isArray(elements) ? (elements as readonly SourceValue[]) : [];
}
