import { inspect } from 'node:util';

import { asMillraceError } from '@millrace/shared/core/errors';

import { escapeControls } from './escape.ts';
import type { Style } from './style.ts';

/**
 * What went wrong, where, and what to do, one line each. The stack is for those who work on millrace itself and is
 * printed with `debug` only.
 */
export function renderError(
  error: unknown,
  options: { style: Style; own: string; debug: boolean },
): string[] {
  const { style, own, debug } = options;
  const { code, message, where, hint } = asMillraceError(error);
  const lines = [`${style('bad', `error[${code}]`)}: ${indent(message)}`];
  if (where !== undefined) lines.push(`  ${style('dim', 'where:')} ${indent(where)}`);
  if (hint !== undefined) lines.push(`  ${style('dim', 'try:')} ${indent(callable(hint, own))}`);
  if (debug) lines.push(inspect(error));
  return lines;
}

/** Commands in a hint as they can be copied: not everybody has `millrace` on the PATH. */
export function callable(text: string, own: string): string {
  return text.replaceAll('`millrace ', `\`${own} `);
}

/** Messages may hold data, and some have several lines (SQL with a caret under the place). */
function indent(text: string): string {
  return text.split('\n').map(escapeControls).join('\n    ');
}
