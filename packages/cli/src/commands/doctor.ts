import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';

import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { EXIT, toErrorRecord } from '@millrace/shared/core/errors';
import type { Config } from '@millrace/shared/runtime/config';
import { checkFolder, type Check } from '@millrace/shared/runtime/examine';

import { createCommand, type CommandContext } from '../command.ts';
import { localConfig } from '../local-config.ts';
import { callable } from '../render/error.ts';
import { escapeControls } from '../render/escape.ts';
import type { Tone } from '../render/style.ts';
import { displayWidth, pad } from '../render/width.ts';
import { checkMachine } from '../stack/check-machine.ts';
import type { Terminal } from '../terminal.ts';

const PIPELINES_FOLDER = 'pipelines';

export function define(context: CommandContext): Command {
  return createCommand(
    'doctor',
    'Checks this machine and its settings, and says what to do about what is not well.',
    ['millrace doctor', 'millrace doctor --json  # exit code 3 when something would fail'],
  ).action(() => examine(context));
}

async function examine({ terminal, environment }: CommandContext): Promise<void> {
  const config = localConfig();
  const checks = [...(await checkMachine(config, environment.variables)), ...(await checkPipelines(config))];
  if (terminal.json) terminal.printJson({ checks });
  else terminal.print(...renderChecks(checks, terminal));
  if (checks.some(({ status }) => status === 'fail')) process.exitCode = EXIT.infrastructure;
}

/** The pipelines of this folder: whether their files are valid and their destinations can be written. */
async function checkPipelines(config: Config): Promise<Check[]> {
  if (!existsSync(PIPELINES_FOLDER)) return [];
  const folders = (await readdir(PIPELINES_FOLDER)).map((name) => path.join(PIPELINES_FOLDER, name));
  const checks: Check[] = [];
  for (const folder of folders.filter((candidate) => existsSync(path.join(candidate, 'pipeline.yml')))) {
    try {
      const { destinations } = compilePipeline(await readPipelineFolder(folder, config.destinations));
      for (const { type, path: target } of destinations) {
        const written = type === 'sqlite' ? path.dirname(target) : target;
        const check = await checkFolder(folder, written, 'Change the destination in its pipeline.yml.');
        checks.push({ ...check, detail: `writes to ${check.detail}` });
      }
    } catch (error) {
      const { message, where, hint } = toErrorRecord(error);
      const detail = where === null ? message : `${message} (${where})`;
      checks.push({ name: folder, status: 'fail', detail, hint: hint ?? 'Correct its pipeline.yml.' });
    }
  }
  return checks;
}

const TONES: Readonly<Record<Check['status'], Tone>> = { ok: 'good', warn: 'warn', fail: 'bad' };

function renderChecks(checks: readonly Check[], { style, own }: Terminal): string[] {
  const widest = Math.max(...checks.map(({ name }) => displayWidth(name)));
  return checks.flatMap(({ name, status, detail, hint }) => {
    const line = `${style(TONES[status], pad(status, 4))}  ${pad(name, widest)}  ${callable(escapeControls(detail), own)}`;
    return hint === null
      ? [line]
      : [line, `      ${style('dim', 'try:')} ${callable(escapeControls(hint), own)}`];
  });
}
