import { constants, copyFileSync, renameSync, statSync, truncateSync } from 'node:fs';

/** A log file is at most about this large, and there are this many of it: the one that is written, and older ones. */
export const LOG_MAX_BYTES = 10_000_000;
const LOG_FILES = 3;

/**
 * Moves what a log file holds to `<file>.1`, what stood there to `.2` and so on, when it is larger than `maxBytes`. The
 * file stays the same one, and is emptied: processes that have it open for appending go on in it, also with what they
 * write without knowing, such as the trace of a crash. No line is lost if whoever writes the lines calls this, between two
 * of them; who is killed in between leaves some twice.
 */
export function rotateLog(file: string, maxBytes: number = LOG_MAX_BYTES): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= maxBytes) return;
  for (let age = LOG_FILES - 2; age >= 1; age -= 1) {
    if (statSync(`${file}.${age}`, { throwIfNoEntry: false }) !== undefined)
      renameSync(`${file}.${age}`, `${file}.${age + 1}`);
  }
  copyFileSync(file, `${file}.1`, constants.COPYFILE_FICLONE);
  truncateSync(file);
}
