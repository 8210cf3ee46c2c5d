import { Command, InvalidArgumentError } from 'commander';

import type { CliEnvironment } from './config.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: CliEnvironment;
}

/** Makes the commander command of one verb; every file in `commands/` exports one as `define`. */
export type DefineCommand = (context: CommandContext) => Command;

/**
 * A command with what all of them have in common.
 * @param examples lines to copy, each a command and, after `#`, what it is for
 */
export function createCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .option('--json', 'print JSON for programs instead of text for people')
    .addHelpText('after', `\nExamples:\n${alignComments(examples).join('\n')}`);
}

function alignComments(examples: readonly string[]): string[] {
  const parts = examples.map((example) => example.split(/ +# /, 2));
  const width = Math.max(
    0,
    ...parts.map(([command = '', comment]) => (comment === undefined ? 0 : command.length)),
  );
  return parts.map(([command = '', comment]) =>
    comment === undefined ? `  ${command}` : `  ${command.padEnd(width)}  # ${comment}`,
  );
}

/** For options that count something. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,9}$/.test(text) && count >= 1) return count;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** For options that are a time, in milliseconds: `90s`, `15m`, `24h`, `30d`. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw new InvalidArgumentError('It must be a number with s, m, h or d, such as 24h or 30d.');
}
