import { parseArgs } from 'node:util';

import { runCampaign } from './campaign.ts';
import { CONTROLS, type Control } from './control.ts';
import type { Outcome } from './outcome.ts';
import { describeCampaign, writeReport } from './report.ts';
import { commitHere, openResults } from './results.ts';
import { scheduleOf } from './schedule.ts';
import { findVacuity, JUDGED_FROM, tallyOf } from './tally.ts';

const USAGE = `npm run chaos -- [--seeds N] [--from S] [--seed S] [--parallel P] [--control NAME]
                 [--results FILE] [--report FILE]

  --seeds N       so many schedules, by default 25
  --from S        the first seed, by default 0
  --seed S        one seed, with its schedule printed
  --parallel P    schedules at a time, by default 2
  --control NAME  with a protection switched off, until the campaign finds out: ${CONTROLS.map(({ name }) => name).join(', ')}
  --results FILE  adds what comes of each schedule to this file, and leaves out those that are in it: a campaign that
                  was broken off goes on, and several ranges are one campaign. The figures are of all in the file
  --report FILE   writes the figures into a document, between its markers; with --seeds 0 nothing else
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '25' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    parallel: { type: 'string', default: '2' },
    control: { type: 'string' },
    results: { type: 'string' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  const commit = commitHere();
  const control = values.control === undefined ? null : controlNamed(values.control);
  const results = openResults(control === null ? (values.results ?? null) : null);
  const seeds = wantedSeeds().filter((seed) => !results.has('schedules', String(seed)));
  if (values.seed !== undefined && control === null)
    console.log(JSON.stringify(scheduleOf(Number(values.seed)), null, 2));
  const outcomes =
    seeds.length === 0
      ? []
      : await runCampaign({
          seeds,
          parallel: Number(values.parallel),
          control,
          onOutcome: (outcome, folder) => {
            results.add('schedules', String(outcome.seed), outcome);
            printOutcome(outcome, { folder, commit, control });
            return control === null || !isRed(control, outcome);
          },
        });
  if (control !== null) return endOfControl(control, outcomes);
  const tally = tallyOf(results.of('schedules').map(({ finding }) => finding));
  const vacuous = tally.schedules < JUDGED_FROM ? [] : findVacuity(tally);
  console.log(`\n${describeCampaign(results.of('schedules'))}`);
  for (const nothing of vacuous) console.error(`vacuous: ${nothing}`);
  if (values.report !== undefined) await writeReport(values.report, results);
  return tally.violated + vacuous.length > 0 ? 1 : 0;
}

function wantedSeeds(): number[] {
  if (values.seed !== undefined) return [Number(values.seed)];
  return Array.from({ length: Number(values.seeds) }, (_, n) => Number(values.from) + n);
}

function controlNamed(name: string): Control {
  const control = CONTROLS.find((known) => known.name === name);
  if (control === undefined) throw new Error(`There is no control '${name}'.\n${USAGE}`);
  return control;
}

function isRed(control: Control, { violations }: Outcome): boolean {
  return violations.some((violation) => control.red.test(violation));
}

function printOutcome(
  { seed, violations, faults, recoveryMs, durationMs }: Outcome,
  { folder, commit, control }: { folder: string; commit: string; control: Control | null },
): void {
  const told = faults.map(({ kind, hit }) => (hit ? kind : `(${kind})`)).join(' ');
  const verdict = violations.length === 0 ? 'held' : 'VIOLATED';
  console.log(`seed ${seed} ${verdict} in ${durationMs} ms, recovered in ${recoveryMs} ms: ${told}`);
  if (violations.length === 0) return;
  for (const violation of violations) console.log(`  ${violation}`);
  const flag = control === null ? '' : ` --control ${control.name}`;
  console.log(`  replay at ${commit}: npm run chaos -- --seed ${seed}${flag}`);
  if (control === null) console.log(`  kept: ${folder}`);
}

function endOfControl(control: Control, outcomes: readonly Outcome[]): number {
  const red = outcomes.find((outcome) => isRed(control, outcome));
  console.log(
    red === undefined
      ? `${control.name}: NOT FOUND OUT in ${outcomes.length} schedules`
      : `${control.name}: found out by seed ${red.seed}, the ${outcomes.length}. schedule`,
  );
  return red === undefined ? 1 : 0;
}
