import { canonicalJson } from './canonical-json.ts';
import type { Plan, PlannedInput } from './plan.ts';
import type { ExtractTask, ReadScope } from './task.ts';

/**
 * To be raised with every change by which the same bytes give other rows, rejects, batches or partitions: batches
 * that an older reader made are then not taken over. A version of millrace of its own does that as well.
 */
export const READER_VERSION = 1;

/**
 * All that decides what an extract task makes, as canonical text: content and layout of what it reads, how the source
 * is read, the columns of its tables, the size of batches, the version of the reader. Tasks with the same text make the
 * same rows and rejects. Whole objects go in, so that a new option takes part without being named here; what is
 * left out is left out by name. The file's name is in it because rejects show it.
 *
 * Null where the content is not known, and for reads whose input is not a file.
 */
export function describeExtract(
  plan: Pick<Plan, 'codeVersion' | 'batch' | 'inputs' | 'sources' | 'tables'>,
  task: Pick<ExtractTask, 'source' | 'tables' | 'read'>,
): string | null {
  const source = plan.sources.find(({ name }) => name === task.source);
  const read = describeRead(plan.inputs, task.read);
  if (source === undefined || read === null) return null;
  const tables = plan.tables
    .filter(({ name }) => task.tables.includes(name))
    .map(({ inferred: _, ...table }) => table);
  const { codeVersion, batch } = plan;
  return canonicalJson({ codeVersion, readerVersion: READER_VERSION, batch, source, tables, read });
}

/** The indexes in the plan of the files that a task reads, each once, in the order in which they are read. */
export function inputsOf(read: ReadScope): number[] {
  if (read.kind === 'rejects') return [];
  return read.kind === 'files' ? [...new Set(read.slices.map(({ input }) => input))] : [read.input];
}

function describeRead(inputs: Plan['inputs'], read: ReadScope): unknown {
  const contents = new Map(inputsOf(read).map((index) => [index, describeContent(inputs[index])]));
  if ([...contents.values()].includes(null)) return null;
  switch (read.kind) {
    case 'files':
      return {
        ...read,
        slices: read.slices.map((slice) => ({ ...slice, input: contents.get(slice.input) })),
      };
    case 'relation':
      return { ...read, input: contents.get(read.input) };
    case 'rejects':
      return null;
  }
}

function describeContent(input: PlannedInput | undefined) {
  if (input === undefined || input.inUse) return null;
  const { name, sha256, compression } = input;
  // The version of a database is told by its hash, and may differ without a change of content.
  const layout = input.layout.kind === 'sqlite' ? input.layout.kind : input.layout;
  return { name, sha256, compression, layout };
}
