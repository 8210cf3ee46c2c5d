import { existsSync } from 'node:fs';
import path from 'node:path';

import { readConfig, type Config } from '@millrace/shared/runtime/config';

import { readEnvironment } from './config.ts';

const HOME_NAME = '.millrace';

/** The settings of this machine, with the home that belongs to the working directory. */
export function localConfig(workingDirectory = process.cwd()): Config {
  const { variables } = readEnvironment();
  const home =
    variables['MILLRACE_HOME'] ?? nearestHome(workingDirectory) ?? path.join(workingDirectory, HOME_NAME);
  return readConfig({ ...variables, MILLRACE_HOME: path.resolve(workingDirectory, home) });
}

/** The closest `.millrace` in a folder or one of its parents, so that commands work from inside a pipeline's folder. */
function nearestHome(folder: string): string | null {
  const candidate = path.join(folder, HOME_NAME);
  if (existsSync(candidate)) return candidate;
  const parent = path.dirname(folder);
  return parent === folder ? null : nearestHome(parent);
}
