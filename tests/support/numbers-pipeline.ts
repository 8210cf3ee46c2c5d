import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const file = (rowsPerBatch: number) => `name: numbers
sources:
  numbers:
    type: csv
    path: data/numbers.csv
    tables:
      numbers: { columns: { id: { type: integer, required: true }, note: { type: text } } }
batch: { rows: ${rowsPerBatch} }
models:
  numbers_kept: { load: append }
destination: { type: sqlite, path: out.db }
`;

/** One CSV file that is read in one task; the smaller its batches, the longer that takes. */
export async function writeNumbers(folder: string, rows: number, rowsPerBatch = 1000): Promise<string> {
  const pipeline = path.join(folder, 'numbers');
  await mkdir(path.join(pipeline, 'data'), { recursive: true });
  await mkdir(path.join(pipeline, 'models'));
  await writeFile(path.join(pipeline, 'pipeline.yml'), file(rowsPerBatch));
  await writeFile(path.join(pipeline, 'models/numbers_kept.sql'), 'SELECT id, note FROM numbers\n');
  const lines = Array.from({ length: rows }, (_, id) => `${id},note ${id}`);
  await writeFile(path.join(pipeline, 'data/numbers.csv'), `id,note\n${lines.join('\n')}\n`);
  return pipeline;
}

/** Unfinished objects that writers left in the bucket. */
export async function drafts(bucket: string): Promise<string[]> {
  const entries = await readdir(bucket, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.startsWith('.')).map((entry) => entry.name);
}
