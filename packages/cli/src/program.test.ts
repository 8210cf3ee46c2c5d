import { expect, test } from 'vitest';

import type { CommandContext } from './command.ts';
import { runProgram } from './program.ts';
import { createStyle } from './render/style.ts';

const silent = (): void => undefined;
const context: CommandContext = {
  environment: { colourForbidden: true, debug: false, variables: {} },
  terminal: {
    json: false,
    own: 'millrace',
    interactive: false,
    width: 80,
    style: createStyle(false),
    print: silent,
    printJson: silent,
    printJsonLine: silent,
    remark: silent,
    draw: silent,
  },
};

test.each([
  [['runz'], /no command 'runz'. Did you mean 'run'/, /Commands: demo, init/],
  [['runs', '--limt', '3'], /Unknown option '--limt'.*--limit/, /millrace runs --help/],
  [['runs', '--limit', 'many'], /argument 'many' is invalid/, /millrace runs --help/],
  [['run'], /Missing required argument 'pipeline'/, /millrace run --help/],
  [['query', 'one', 'two', 'three'], /Too many arguments/, /millrace query --help/],
  [['--nonsense'], /Unknown option '--nonsense'/, /millrace --help/],
])('%j is refused with what was meant and where to look', async (args, message, hint) => {
  await expect(runProgram(args, context)).rejects.toMatchObject({
    code: 'usage',
    exitCode: 2,
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
});

test('a pipeline that does not exist is refused before anything is started', async () => {
  await expect(runProgram(['validate', 'no/such/folder'], context)).rejects.toMatchObject({
    code: 'pipeline_not_found',
    exitCode: 2,
  });
});
