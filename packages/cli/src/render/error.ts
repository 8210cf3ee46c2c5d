import { inspect } from 'node:util';

import { errorToJson, type ErrorJson } from '@millrace/shared/core/report/error-report';
import { escapeControls } from './escape.ts';
import { renderRejectReport } from './reject-report.ts';
import type { Style } from './style.ts';

/**
 * What went wrong, where, and what to do, one line each. The stack is for those who work on millrace itself and is
 * printed with `debug` only.
 */
export function renderError(
  error: unknown,
  options: { style: Style; own: string; debug: boolean },
): string[] {
  const lines = renderErrorReport(errorToJson(error), options);
  return options.debug ? [...lines, inspect(error)] : lines;
}

/** The same of an error that was kept. */
export function renderErrorReport(
  { code, message, where, hint, rejects }: ErrorJson,
  { style, own }: { style: Style; own: string },
): string[] {
  return [
    `${style('bad', `error[${code}]`)}: ${indent(message)}`,
    ...(where === null ? [] : [`  ${style('dim', 'where:')} ${indent(where)}`]),
    ...(rejects === null ? [] : renderRejectReport(rejects, style).map((line) => `  ${line}`)),
    ...(hint === null ? [] : [`  ${style('dim', 'try:')} ${indent(callable(hint, own))}`]),
  ];
}

/** Commands in a hint as they can be copied: not everybody has `millrace` on the PATH. */
export function callable(text: string, own: string): string {
  return text.replaceAll('`millrace ', `\`${own} `);
}

/** Messages may hold data, and some have several lines (SQL with a caret under the place). */
function indent(text: string): string {
  return text.split('\n').map(escapeControls).join('\n    ');
}
