import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Names and values that would do harm if they were anything but text. */
export const HOSTILE = {
  file: `it's "<img src=x onerror=alert(1)>".csv`,
  script: '<script>alert("x")</script>',
  /** As the page shows a value with an escape sequence. */
  ansiSeen: 'red \u241b[31m',
} as const;

/** A pipeline whose file, rejected record and values that fail a check are hostile. */
export async function writeHostile(folder: string, severity: 'warn' | 'error' = 'warn'): Promise<string> {
  const pipeline = path.join(folder, 'hostile');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await mkdir(path.join(pipeline, 'data'));
  await writeFile(path.join(pipeline, 'models/notes_kept.sql'), 'SELECT id, note FROM notes\n');
  const notes = [HOSTILE.script.replaceAll('"', '""'), 'red \u001b[31m', 'long '.repeat(2000)];
  const lines = ['id,note', ...notes.map((note, id) => `${id},"${note}"`), '<b>four</b>,"no number"'];
  await writeFile(path.join(pipeline, 'data', HOSTILE.file), `${lines.join('\n')}\n`);
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: hostile
sources:
  notes:
    type: csv
    path: data/*.csv
    tables:
      notes: { columns: { id: { type: integer, required: true }, note: { type: text } } }
rejects: { max_ratio: 1 }
checks:
  notes:
    - accepted_values: { column: note, values: [fine] }
      severity: ${severity}
models:
  notes_kept: { load: append }
destination: { type: sqlite, path: out.db }
`,
  );
  return pipeline;
}
