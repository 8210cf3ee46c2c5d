import { readFile, writeFile } from 'node:fs/promises';

import type { FaultKind } from './fault.ts';
import type { Result, Results } from './results.ts';
import { boundOf, tallyOf } from './tally.ts';

const TOLD: Readonly<Record<FaultKind, string>> = {
  kill: 'SIGKILL of all workers of a stage, up to three times in a row',
  freeze: 'SIGSTOP of all workers of a stage while another takes over, then SIGCONT',
  redis_kill: 'SIGKILL of Redis, restarted after up to 2 s',
  redis_flush: 'FLUSHALL',
  source_change: 'a source file replaced or rewritten',
  terminate: 'SIGTERM of all workers of a stage',
  redis_cut: 'SIGKILL of Redis, the end of its append-only file cut off, restarted',
  damage: 'a committed object with a flipped bit, truncated or deleted',
  stutter: 'bursts of SIGSTOP and SIGCONT: what a full event loop looks like from outside',
  redis_pause: 'SIGSTOP of Redis for up to 2.5 s',
  clock: 'the clocks of a stage an hour, ten or 56 years off, those of the others right',
  cancel: '`millrace cancel`',
};

/** Replaces the figures between the markers of a document, of each kind of campaign that has results. */
export async function writeReport(file: string, results: Results): Promise<void> {
  const sections: readonly [string, string | null][] = [
    ['campaign', unlessEmpty(results.of('schedules'), describeCampaign)],
    ['calls', unlessEmpty([...results.of('kills'), ...results.of('errors')], describeCalls)],
    ['stages', unlessEmpty([...results.of('zombies'), ...results.of('shutdown')], describeStages)],
  ];
  let text = await readFile(file, 'utf8');
  for (const [name, figures] of sections) if (figures !== null) text = replaceSection(text, name, figures);
  await writeFile(file, text);
}

function unlessEmpty<T>(results: readonly T[], describe: (results: readonly T[]) => string): string | null {
  return results.length === 0 ? null : describe(results);
}

function replaceSection(text: string, name: string, figures: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`There is no place for figures: ${begin} … ${end}`);
  return `${text.slice(0, from)}${begin}\n\n${figures}\n\n${text.slice(to)}`;
}

/** Which commits, and when the last result came. */
function origin(results: readonly Result[]): string {
  const commits = [...new Set(results.map(({ commit }) => commit))];
  const endedAt = results.map((result) => result.endedAt).reduce((one, two) => (one > two ? one : two), '');
  return `commit${commits.length > 1 ? 's' : ''} ${commits.join(', ')}, the last one ended ${endedAt.slice(0, 16).replace('T', ' ')} UTC`;
}

function describeCalls(results: readonly Result<'kills' | 'errors'>[]): string {
  const scenarios = [...new Set(results.map(({ finding }) => finding.scenario))];
  const count = (scenario: string, campaign: string) =>
    results.filter(
      (one) => one.campaign === campaign && one.finding.scenario === scenario && !one.finding.missed,
    ).length;
  const violated = (scenario: string) =>
    results.filter(({ finding }) => finding.scenario === scenario && finding.violation !== null).length;
  return [
    `Every call of \`npm run chaos:syscalls\`, ${origin(results)}.`,
    '',
    '| attempt | killed before a call | calls that failed, by EIO or ENOSPC, once or from then on | violations |',
    '| --- | --- | --- | --- |',
    ...scenarios.map(
      (scenario) =>
        `| ${scenario} | ${count(scenario, 'kills')} | ${count(scenario, 'errors')} | ${violated(scenario)} |`,
    ),
  ].join('\n');
}

function describeStages(results: readonly Result<'zombies' | 'shutdown'>[]): string {
  const stages = [...new Set(results.map(({ finding }) => finding.stage))];
  const tries = (stage: string, campaign: string) =>
    results
      .filter((one) => one.campaign === campaign && one.finding.stage === stage)
      .reduce((sum, { finding }) => sum + finding.tries, 0);
  return [
    `\`npm run chaos:zombies\` and \`npm run chaos:shutdown\`, ${origin(results)}.`,
    '',
    '| worker | stopped longer than its lock and continued: 0 rows doubled, fenced each time | told to stop in mid-task: exit code 0, no task left behind |',
    '| --- | --- | --- |',
    ...stages.map(
      (stage) => `| ${stage} | ${tries(stage, 'zombies')} tries | ${tries(stage, 'shutdown')} tries |`,
    ),
  ].join('\n');
}

/** The figures of schedules as Markdown. */
export function describeCampaign(results: readonly Result<'schedules'>[]): string {
  const outcomes = results.map(({ finding }) => finding);
  const tally = tallyOf(outcomes);
  const seeds = outcomes.map(({ seed }) => seed);
  const minutes = Math.round(outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0) / 60_000);
  const { sightings, recoveriesMs } = tally;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const at = (share: number) => recoveriesMs[Math.floor((recoveriesMs.length - 1) * share)] ?? 0;
  const struck = [...tally.faults.values()].reduce((total, fault) => total + fault.struck, 0);
  const bound =
    tally.violated === 0
      ? `0 of ${tally.schedules}, so with 95 % confidence fewer than ${(boundOf(tally.schedules) * 100).toFixed(1)} % of such schedules violate anything`
      : `${tally.violated} of ${tally.schedules}`;
  return [
    `${ranges(seeds)}, ${origin(results)}; ${minutes} min of schedules.`,
    '',
    '| | |',
    '| --- | --- |',
    `| schedules with a violation | ${bound} |`,
    `| runs published, failed by name, cancelled | ${tally.published}, ${tally.failed}, ${tally.cancelled} |`,
    `| faults | ${struck} |`,
    `| end of the last fault to the end of the last run | median ${seconds(at(0.5))}, longest ${seconds(at(1))} |`,
    `| polls of the reader | ${tally.polls + tally.sawNone}; found nothing published in ${tally.sawNone}, saw ${tally.sawAll} runs whole, none in part |`,
    `| tasks taken over from silent workers | ${sightings.stalls} |`,
    `| attempts that were fenced | ${sightings.fenced} |`,
    `| times that lost jobs were added again | ${sightings.reconciled} |`,
    `| tasks handed back at SIGTERM | ${sightings.handedBack} |`,
    `| attempts tried again after an error | ${sightings.triedAgain} |`,
    `| objects of lost attempts, named by no manifest | ${sightings.orphans} |`,
    `| workers started in place of others | ${sightings.restarts} |`,
    '',
    '| fault | struck | met a worker in mid-task, or a run that had not ended |',
    '| --- | --- | --- |',
    ...[...tally.faults].map(([kind, { struck: times, hit }]) => `| ${TOLD[kind]} | ${times} | ${hit} |`),
  ].join('\n');
}

/** The seeds that there are, as ranges: a campaign may be made of several. */
function ranges(seeds: readonly number[]): string {
  const sorted = [...new Set(seeds)].sort((one, two) => one - two);
  const starts = sorted.filter((seed, index) => seed !== (sorted[index - 1] ?? Number.NaN) + 1);
  const ends = sorted.filter((seed, index) => seed !== (sorted[index + 1] ?? Number.NaN) - 1);
  return `Seeds ${starts.map((start, index) => (start === ends[index] ? start : `${start} to ${ends[index]}`)).join(', ')}`;
}
