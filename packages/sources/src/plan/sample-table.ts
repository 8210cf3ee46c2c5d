import { MAX_RECORD_BYTES } from '@millrace/shared/core/reject';
import type { Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { PlannedInput } from '@millrace/shared/core/plan';

import { readParquetRows } from '../parquet/read-parquet-rows.ts';
import { readText } from '../read/read-text.ts';
import type { SourceValue } from '../source-value.ts';

/** Files and records that types are inferred from. A value that does not fit its inferred type is rejected, visibly. */
const SAMPLED_FILES = 10;
const SAMPLED_RECORDS = 20_000;
const SAMPLED_BYTES = MAX_RECORD_BYTES;

/** Rows of a table without declared columns: records, or the elements of its `each` array, from several files. */
export async function sampleTable(
  source: Source,
  table: Pick<TableDeclaration, 'each'>,
  inputs: readonly PlannedInput[],
): Promise<SourceValue[]> {
  const samples: SourceValue[] = [];
  const chosen = spread(inputs, SAMPLED_FILES);
  const perFile = Math.ceil(SAMPLED_RECORDS / Math.max(1, chosen.length));
  for (const input of chosen) {
    const records = await sampleFile(source, input, perFile);
    for (const record of records) {
      if (table.each === null) samples.push(record);
      else for (const element of elementsAt(record, table.each)) samples.push(element);
    }
  }
  return samples;
}

/** Every n-th item, the first one included. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return Array.from(
    { length: Math.min(items.length, most) },
    (_, index) => items[Math.floor(index * step)] as T,
  );
}

async function sampleFile(source: Source, input: PlannedInput, most: number): Promise<SourceValue[]> {
  const values: SourceValue[] = [];
  let bytes = 0;
  const slice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };
  const chunks =
    input.layout.kind === 'parquet' ? readParquetRows({ path: input.path }) : readText(source, input, slice);
  for await (const chunk of chunks) {
    for (const record of chunk.records) {
      bytes += record.byteLength ?? 0;
      if (record.content.ok) values.push(record.content.value);
      if (values.length >= most || bytes >= SAMPLED_BYTES) return values;
    }
  }
  return values;
}

function elementsAt(record: SourceValue, steps: readonly (string | number)[]): readonly SourceValue[] {
  let value: SourceValue | undefined = record;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return [];
    value = (value as unknown as Record<string | number, SourceValue | undefined>)[step];
  }
  return Array.isArray(value) ? (value as readonly SourceValue[]) : [];
}
