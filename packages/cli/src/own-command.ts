import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * How this CLI can be called from the working directory, so that the commands it proposes work when copied:
 * `MILLRACE_COMMAND` where that says it (in a container, it is another command outside of it), `millrace` when that is on the PATH for good, `npx millrace` inside a checkout, else Node with the full path.
 */
export function ownCommand(variables: NodeJS.ProcessEnv, workingDirectory = process.cwd()): string {
  const given = variables['MILLRACE_COMMAND'] ?? '';
  if (given !== '') return given;
  const folders = (variables['PATH'] ?? '').split(path.delimiter);
  // npm puts its own folders on the PATH of what it runs; they are gone afterwards.
  const lasting = folders.filter((folder) => path.isAbsolute(folder) && !folder.includes('node_modules'));
  if (lasting.some((folder) => existsSync(path.join(folder, 'millrace')))) return 'millrace';
  const isInside = !path.relative(CHECKOUT, workingDirectory).startsWith('..');
  if (isInside && existsSync(path.join(CHECKOUT, 'node_modules', '.bin', 'millrace'))) return 'npx millrace';
  return `node ${shellWord(MAIN)}`;
}

/** A path as one word of a shell command, shown relative where that is shorter. */
export function shellPath(file: string, workingDirectory = process.cwd()): string {
  const relative = path.relative(workingDirectory, file);
  return shellWord(relative.length < file.length && relative !== '' ? relative : file);
}

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
