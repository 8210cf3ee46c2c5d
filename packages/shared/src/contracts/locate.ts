import { fail, isMillraceError, type ErrorDetail } from '../core/errors.ts';
import type { LocatedYaml } from './located-yaml.ts';

/** Says where a part of a pipeline file stands, by the keys that lead to it. */
export type Locate = LocatedYaml<unknown>['locate'];
export type Path = readonly (string | number)[];

export function invalid(locate: Locate, path: Path, detail: Omit<ErrorDetail, 'where'>): Error {
  return fail('pipeline_invalid', { ...detail, where: locate(path) });
}

/** Runs a parser of `core/` that knows what is wrong but not where. */
export function located<T>(locate: Locate, path: Path, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    throw invalid(locate, path, { message: error.message, hint: error.hint, cause: error });
  }
}
