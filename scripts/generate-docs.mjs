// Writes the parts of docs/ that are derived from code. `--check` changes nothing and fails when they differ.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { pipelineJsonSchema } from '@millrace/shared/contracts/pipeline-file';
import { ERROR_KINDS } from '@millrace/shared/core/errors';
import { format, resolveConfig } from 'prettier';

const docs = new URL('../docs/', import.meta.url);

const RETRY = {
  never: 'no',
  after_change: 'after a change: `millrace retry`',
  may_help: 'yes',
  later: 'yes, once it is back',
};

function errorsPage() {
  const rows = Object.entries(ERROR_KINDS).map(
    ([code, kind]) => `| \`${code}\` | ${kind.exitCode} | ${RETRY[kind.retry]} | ${kind.meaning} |`,
  );
  return [
    '# Errors',
    '',
    'Codes are stable: scripts may match them. Workers try a task again only where that can help, a few times, or for',
    'long where something has to come back first ([how often](settings.md#tries)).',
    'Generated from `packages/shared/src/core/errors.ts` by `npm run docs`.',
    '',
    '| code | exit code | can a retry help | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const pages = {
  'errors.md': errorsPage(),
  'pipeline.schema.json': JSON.stringify(pipelineJsonSchema()),
};

let stale = 0;
for (const [name, content] of Object.entries(pages)) {
  const file = new URL(name, docs);
  const options = await resolveConfig(fileURLToPath(file));
  const wanted = await format(content, { ...options, filepath: fileURLToPath(file) });
  const found = await readFile(file, 'utf8').catch(() => null);
  if (found === wanted) continue;
  if (process.argv.includes('--check')) {
    console.error(`docs/${name} is not what the code says: run \`npm run docs\` and commit it.`);
    stale += 1;
  } else {
    await writeFile(file, wanted);
    console.log(`docs/${name} written`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
