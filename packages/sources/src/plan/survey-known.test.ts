import { mkdtemp, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { buildTasks } from '@millrace/shared/core/build-tasks';
import { DOUBTFUL_MS, filesOf, type KnownFile, type KnownFiles } from '@millrace/shared/core/known-file';
import type { Source } from '@millrace/shared/core/pipeline';
import { makeSource } from '@millrace/shared/testing/make-declarations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PARTITION_BYTES } from './group-slices.ts';
import type { SourceSurvey } from './source-survey.ts';
import { surveySource } from './survey-source.ts';

/** Stands where the hash of a file was: who finds it has not read the file. */
const NOT_READ = 'f'.repeat(64);

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-known-')));
});
afterEach(() => rm(folder, { recursive: true }));

const source = (type: Source['type']) => makeSource({ type, allowEmpty: true });

/** What a survey leaves for the next one, which believes it to be made so long after the files changed. */
function remember({ inputs, tables, partitions }: SourceSurvey, agedMs = 2 * DOUBTFUL_MS): KnownFiles {
  const files = filesOf({ inputs, tables, tasks: buildTasks(partitions, [], [], []) }, 'events');
  return new Map(
    files.map((file): [string, KnownFile] => {
      const hashedAt = new Date(Date.parse(file.hashedAt) + agedMs).toISOString();
      return [file.path, { ...file, hashedAt, sha256: NOT_READ }];
    }),
  );
}

async function surveyTwice(type: Source['type'], change: () => Promise<void> = () => Promise.resolve()) {
  const first = await surveySource(source(type), folder);
  await change();
  const second = await surveySource(source(type), folder, remember(first));
  return { first, second, hashes: second.inputs.map(({ sha256 }) => sha256) };
}
const write = (name: string, content: string | Uint8Array) => writeFile(path.join(folder, name), content);

describe('a survey of files that an earlier one has hashed', () => {
  it.each(['json', 'csv'] as const)('does not read %s files again, and finds all as it was', async (type) => {
    const line = type === 'json' ? '{"id":1,"when":"2026-11-22"}\n' : '1,2026-11-22\n';
    const head = type === 'json' ? '' : 'id,when\n';
    await write(`a.${type}`, head + line.repeat(Math.ceil((PARTITION_BYTES * 1.5) / line.length)));
    await write(`b.${type}.gz`, gzipSync(head + line));
    await write(`c.${type}`, '');
    const { first, second, hashes } = await surveyTwice(type);
    expect(hashes).toEqual([NOT_READ, NOT_READ, NOT_READ]);
    expect(first.partitions.length).toBeGreaterThan(1);
    expect(second.partitions).toEqual(first.partitions);
    expect(second.tables).toEqual(first.tables);
    const unhashed = ({ sha256: _, hashedAt: __, ...input }: SourceSurvey['inputs'][number]) => input;
    expect(second.inputs.map(unhashed)).toEqual(first.inputs.map(unhashed));
  });

  it('does not read Parquet files again', async () => {
    const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
    await engine.run(`COPY (SELECT 1 AS id) TO '${path.join(folder, 'a.parquet')}' (FORMAT parquet)`);
    await engine.close();
    const { first, second, hashes } = await surveyTwice('parquet');
    expect(hashes).toEqual([NOT_READ]);
    expect(second.tables).toEqual(first.tables);
  });

  it('notices a change that keeps the size and sets the time back', async () => {
    const file = path.join(folder, 'a.json');
    await write('a.json', '{"id":1}\n');
    await write('b.json', '{"id":1}\n');
    const { mtime, atime } = await stat(file);
    const { hashes, first } = await surveyTwice('json', async () => {
      await writeFile(file, '{"id":2}\n');
      await utimes(file, atime, mtime);
    });
    expect(hashes).toEqual([expect.not.stringContaining(NOT_READ), NOT_READ]);
    expect(hashes[0]).not.toBe(first.inputs[0]?.sha256);
  });

  it('reads a file again that changed just before it was hashed, because its times cannot tell', async () => {
    await write('a.json', '{"id":1}\n');
    const first = await surveySource(source('json'), folder);
    const second = await surveySource(source('json'), folder, remember(first, 0));
    expect(second.inputs[0]?.sha256).toBe(first.inputs[0]?.sha256);
  });

  it('still refuses an empty file when that is not allowed any more', async () => {
    await write('a.json', '');
    await write('b.json', '{"id":1}\n');
    const first = await surveySource(source('json'), folder);
    const strict = { ...source('json'), allowEmpty: false };
    await expect(surveySource(strict, folder, remember(first))).rejects.toMatchObject({
      code: 'input_empty',
    });
  });
});
