import { Command, CommanderError } from 'commander';

import { fail, type MillraceError } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import { CODE_VERSION } from '@millrace/shared/runtime/version';

import type { CommandContext, DefineCommand } from './command.ts';
import { VERBS, type Verb } from './verbs.ts';

const EPILOGUE = `
Start here:
  millrace demo                                  # a shop's data through the whole system, in seconds
  millrace init pipelines/mine --from data/*.csv # a pipeline for your own data
  millrace run pipelines/mine --wait             # run it and watch

Exit codes: 0 ok, 1 the data (a check, a reject limit, a file), 2 configuration, 3 infrastructure,
4 a resource limit, 130 interrupted or cancelled.
\`millrace <command> --help\` explains a command and gives examples.`;

/**
 * Does what the arguments ask for. Only the module of the verb that was asked for is loaded, so that help and
 * small commands answer at once.
 * @param args without `node` and the script
 * @throws MillraceError
 */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<void> {
  const program = new Command('millrace')
    .description('Moves JSON, CSV and SQLite data into analytics tables, each run exactly once.')
    .version(CODE_VERSION, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', EPILOGUE);
  const asked = args[0] === 'help' ? args[1] : args.find((argument) => !argument.startsWith('-'));
  const verb = VERBS.find(({ name }) => name === asked);
  if (verb === undefined && asked !== undefined && asked !== 'help') throw unknownVerb(asked);
  for (const known of VERBS) {
    program.addCommand(known === verb ? await loadCommand(known, context) : stub(known));
  }
  await parse(program, args.length === 0 ? ['--help'] : args, verb);
}

async function loadCommand(verb: Verb, context: CommandContext): Promise<Command> {
  const { define } = (await verb.load()) as { define: DefineCommand };
  return define(context).summary(verb.summary);
}

/** Stands in the list of commands in the place of a module that need not be loaded. */
function stub(verb: Verb): Command {
  return new Command(verb.name).summary(verb.summary);
}

async function parse(program: Command, args: readonly string[], verb: Verb | undefined): Promise<void> {
  for (const command of withNested(program)) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, verb);
  }
}

function withNested(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap((nested) => withNested(nested))];
}

function usageError(error: CommanderError, verb: Verb | undefined): MillraceError {
  const [message = error.message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const guess = suggestion === undefined ? '' : ` ${suggestion.replace(/^\(|\)$/g, '')}`;
  const help = verb === undefined ? 'millrace --help' : `millrace ${verb.name} --help`;
  return fail('usage', {
    message: `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.?$/, '.')}${guess}`,
    hint: `See \`${help}\`.`,
  });
}

function unknownVerb(asked: string): MillraceError {
  const names = VERBS.map(({ name }) => name);
  return fail('usage', {
    message: `There is no command '${asked}'.${didYouMean(asked, names)}`,
    hint: `Commands: ${names.join(', ')}. See \`millrace --help\`.`,
  });
}
