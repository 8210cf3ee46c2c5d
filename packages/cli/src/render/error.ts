import { inspect } from 'node:util';

import { asMillraceError } from '@millrace/shared/core/errors';

import { escapeControls } from './escape.ts';
import type { Style } from './style.ts';

/**
 * What went wrong, where, and what to do, one line each. The stack is for those who work on millrace itself and is
 * printed with `debug` only.
 */
export function renderError(error: unknown, options: { style: Style; debug: boolean }): string[] {
  const { style, debug } = options;
  const { code, message, where, hint } = asMillraceError(error);
  const lines = [`${style('bad', `error[${code}]`)}: ${indent(message)}`];
  if (where !== undefined) lines.push(`  ${style('dim', 'where:')} ${indent(where)}`);
  if (hint !== undefined) lines.push(`  ${style('dim', 'try:')} ${indent(hint)}`);
  if (debug) lines.push(inspect(error));
  return lines;
}

/** Messages may hold data, and some have several lines (SQL with a caret under the place). */
function indent(text: string): string {
  return text.split('\n').map(escapeControls).join('\n    ');
}
