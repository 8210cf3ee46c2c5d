import { asMillraceError } from '@millrace/shared/core/errors';

import { readEnvironment } from './config.ts';
import { errorToJson } from '@millrace/shared/core/report/error-report';
import { ownCommand } from './own-command.ts';
import { runProgram } from './program.ts';
import { renderError } from './render/error.ts';
import { renderJson } from './render/json.ts';
import { createStyle } from './render/style.ts';
import { createTerminal } from './terminal.ts';

const args = process.argv.slice(2);
const json = args.includes('--json');
const environment = readEnvironment();
const own = ownCommand(environment.variables);

// `millrace runs | head -1` closes the pipe early: that is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  const terminal = createTerminal({ json, own, colourForbidden: environment.colourForbidden });
  await runProgram(args, { terminal, environment });
} catch (error) {
  process.exitCode = asMillraceError(error).exitCode;
  if (json) {
    process.stderr.write(`${renderJson({ error: errorToJson(error) })}\n`);
  } else {
    const style = createStyle(process.stderr.isTTY && !environment.colourForbidden);
    process.stderr.write(`${renderError(error, { style, own, debug: environment.debug }).join('\n')}\n`);
  }
}
