import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { fail } from '@millrace/shared/core/errors';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { DestinationReader } from '@millrace/shared/ports/destination-reader';
import type { Config } from '@millrace/shared/runtime/config';

import { readPipeline } from './find-pipeline.ts';

/** What a person named: a SQLite file, or a pipeline, which stands for its first destination. */
async function findDestination(given: string, config: Config): Promise<Destination> {
  if (existsSync(given) && statSync(given).isFile() && !given.endsWith('.yml')) {
    return { type: 'sqlite', path: path.resolve(given) };
  }
  if (/\.(db|sqlite3?)$/i.test(given) && !existsSync(given)) {
    throw fail('usage', {
      message: `There is no file '${given}'.`,
      where: path.resolve(given),
      hint: 'Give a SQLite file, or the name or folder of a pipeline.',
    });
  }
  const [first] = compilePipeline(await readPipeline(given, config)).destinations;
  if (first !== undefined) return first;
  throw fail('pipeline_invalid', { message: `Pipeline '${given}' has no destination.` });
}

/** Opens the destination that was named for the work, and closes it afterwards. */
export async function withDestination<T>(
  given: string,
  config: Config,
  work: (reader: DestinationReader, destination: Destination) => Promise<T>,
): Promise<T> {
  const destination = await findDestination(given, config);
  const reader = openDestinationReader(destination);
  try {
    return await work(reader, destination);
  } finally {
    await reader.close();
  }
}
