import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface ManySources {
  readonly name: string;
  /** Each is read in a task of its own, in this order. */
  readonly sources: readonly string[];
  /** Of the model, after `SELECT`; by default what counts to one row per source. */
  readonly select?: string;
}

const ROWS_PER_SOURCE = 10;

/** A pipeline with a small CSV file for each source, and one model, `counted`, that counts the rows of each. */
export async function writeManySources(
  folder: string,
  { name, sources, select }: ManySources,
): Promise<string> {
  const pipeline = path.join(folder, name);
  await mkdir(path.join(pipeline, 'data'), { recursive: true });
  await mkdir(path.join(pipeline, 'models'));
  const columns = '{ columns: { id: { type: integer, required: true } } }';
  const declared = sources.map(
    (source) => `  ${source}: { type: csv, path: data/${source}.csv, tables: { ${source}: ${columns} } }`,
  );
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: ${name}\nsources:\n${declared.join('\n')}\nmodels: { counted: { load: append } }\ndestination: { type: sqlite, path: out.db }\n`,
  );
  const counts = sources.map((source) => `'${source}' AS source, count(*) AS rows FROM ${source}`);
  await writeFile(
    path.join(pipeline, 'models/counted.sql'),
    `SELECT ${select ?? counts.join(' UNION ALL SELECT ')}\n`,
  );
  const lines = Array.from({ length: ROWS_PER_SOURCE }, (_, id) => String(id));
  for (const source of sources)
    await writeFile(path.join(pipeline, 'data', `${source}.csv`), `id\n${lines.join('\n')}\n`);
  return pipeline;
}

/** What a run of such a pipeline publishes. */
export const countedOnce = (sources: readonly string[]) => ({
  sources: sources.length,
  rows: sources.length * ROWS_PER_SOURCE,
});
