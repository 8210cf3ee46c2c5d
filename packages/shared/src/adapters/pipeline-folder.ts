import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import type { Bundle } from '../contracts/bundle-v1.ts';
import { PIPELINE_FILE } from '../contracts/compile-pipeline.ts';
import { parsePipelineFile } from '../contracts/parse-pipeline-file.ts';
import { fail } from '../core/errors.ts';
import { hasErrno } from './durable-file.ts';

/** Folders of a pipeline whose SQL files belong to it. */
const SQL_FOLDERS = ['models', 'checks'];

/** Reads `pipeline.yml`, `models/*.sql` and `checks/*.sql` of a folder. Throws `pipeline_not_found` or `pipeline_invalid`. */
export async function readPipelineFolder(
  folder: string,
  destinations: string | null = null,
): Promise<Bundle> {
  const baseDir = path.resolve(folder);
  const file = path.join(baseDir, PIPELINE_FILE);
  const text = await readText(file);
  if (text === null) {
    throw fail('pipeline_not_found', {
      message: await describeMissing(baseDir),
      where: baseDir,
      hint: 'Give the folder of a pipeline, or make one with `millrace init <dir> --from <files>`.',
    });
  }
  const files: Record<string, string> = { [PIPELINE_FILE]: text };
  for (const part of SQL_FOLDERS) {
    const names = await listFiles(path.join(baseDir, part));
    for (const name of names.filter((candidate) => candidate.endsWith('.sql'))) {
      files[`${part}/${name}`] = (await readText(path.join(baseDir, part, name))) ?? '';
    }
  }
  const pipeline = parsePipelineFile(text, PIPELINE_FILE).file.name;
  const elsewhere = destinations === null ? {} : { destinationDir: path.join(destinations, pipeline) };
  return { v: 1, pipeline, baseDir, ...elsewhere, files };
}

async function describeMissing(folder: string): Promise<string> {
  const info = await stat(folder).catch(() => null);
  if (info === null) return 'There is no such folder.';
  return info.isDirectory()
    ? `This folder has no ${PIPELINE_FILE}.`
    : 'This is a file, not the folder of a pipeline.';
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw fail('pipeline_invalid', { message: 'The file could not be read.', where: file, cause: error });
  }
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
