import type { ExtractTask } from '@millrace/shared/core/task';

import { openPartition, type ReadPlan } from '../read/open-partition.ts';
import type { SourceRecord } from '../source-record.ts';

export interface SampleLimits {
  /** Records to keep, over all parts. */
  readonly records: number;
  /** Of the content of each part, decompressed; reading stops there. */
  readonly bytesPerPart: number;
  /** Rows of each part that are read, where bytes are not counted: SQLite and Parquet. */
  readonly rowsPerPart: number;
  /** Files and places in large files that are looked at; by default 10. */
  readonly parts?: number;
}

/** A slice of a file, or a range of a table, of which some records were read. */
export interface SampledPart {
  /** As a task that reads this part alone. */
  readonly task: ExtractTask;
  /** Index into the plan's inputs. */
  readonly input: number;
  readonly fileName: string;
  /** Spread over all that was read. Their `raw` cannot be called any more. */
  readonly records: readonly SourceRecord[];
  readonly recordsRead: number;
  /** Of the records read, decompressed; 0 where bytes are not counted. */
  readonly bytesRead: number;
  /** Whether the part was read to its end. */
  readonly isWhole: boolean;
}

export interface Sample {
  readonly parts: readonly SampledPart[];
  /** Parts that there are; those that were looked at are some of them. */
  readonly partsTotal: number;
}

/** Parts that are looked at: files and places in large files. */
const MAX_PARTS = 10;

/**
 * Reads some records of what the tasks would read, from several files and several places in large ones, with the code
 * that a run reads with. Throws what that throws.
 * @param tasks extract tasks of one source, and of one table where each table is read on its own
 */
export async function sampleRecords(
  plan: ReadPlan,
  tasks: readonly ExtractTask[],
  limits: SampleLimits,
): Promise<Sample> {
  const all = tasks.flatMap(singleParts);
  const chosen = spread(all, limits.parts ?? MAX_PARTS);
  const quota = Math.max(1, Math.ceil(limits.records / Math.max(1, chosen.length)));
  const parts: SampledPart[] = [];
  for (const task of chosen) parts.push(await samplePart(plan, task, { ...limits, records: quota }));
  return { parts, partsTotal: all.length };
}

function singleParts(task: ExtractTask): ExtractTask[] {
  const { read } = task;
  if (read.kind !== 'files') return [task];
  return read.slices.map((slice) => ({ ...task, read: { kind: 'files', slices: [slice] } }));
}

/** Items at even distances, the first and the last included. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  if (most === 1) return items.slice(0, 1);
  const last = items.length - 1;
  return Array.from({ length: most }, (_, index) => items[Math.round((index * last) / (most - 1))] as T);
}

async function samplePart(plan: ReadPlan, task: ExtractTask, limits: SampleLimits): Promise<SampledPart> {
  const kept = new EvenSample<SourceRecord>(limits.records);
  const facts = { task, input: 0, fileName: '', bytesRead: 0, isWhole: true };
  for (const part of openPartition(plan, task, new AbortController().signal)) {
    facts.input = part.input;
    facts.fileName = part.fileName;
    for await (const chunk of part.records) {
      for (const record of chunk.records) {
        facts.bytesRead += record.byteLength ?? 0;
        kept.offer(record);
      }
      const isByRow = facts.bytesRead === 0;
      if (isByRow ? kept.offered < limits.rowsPerPart : facts.bytesRead < limits.bytesPerPart) continue;
      facts.isWhole = false;
      break;
    }
  }
  return { ...facts, records: kept.items, recordsRead: kept.offered };
}

/** Keeps items at even distances of a stream whose length nobody knows: each time it is full, every other one goes. */
class EvenSample<T> {
  readonly #most: number;
  #items: T[] = [];
  #stride = 1;
  offered = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** At most as many as were asked for, the first one among them. */
  get items(): readonly T[] {
    return spread(this.#items, this.#most);
  }

  offer(item: T): void {
    if (this.offered % this.#stride === 0) this.#items.push(item);
    this.offered += 1;
    if (this.#items.length < this.#most * 2) return;
    this.#items = this.#items.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}
