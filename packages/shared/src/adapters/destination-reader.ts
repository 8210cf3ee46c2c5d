import type { Destination } from '../core/pipeline.ts';
import type { DestinationReader } from '../ports/destination-reader.ts';
import { openFilesReader } from './destination-files-reader.ts';
import { openSqliteReader } from './destination-sqlite-reader.ts';

/** Opens a destination for reading. One that does not exist yet is like one in which nothing has been published. */
export function openDestinationReader(destination: Destination): DestinationReader {
  return destination.type === 'sqlite'
    ? openSqliteReader(destination.path)
    : openFilesReader(destination.path, destination.format);
}
