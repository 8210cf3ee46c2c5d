import { readFile, writeFile } from 'node:fs/promises';

import type { FaultKind } from './fault.ts';
import { boundOf, type Tally } from './tally.ts';

const BEGIN = '<!-- campaign: begin -->';
const END = '<!-- campaign: end -->';

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

export interface CampaignFacts {
  readonly tally: Tally;
  readonly seeds: readonly number[];
  readonly commit: string;
  readonly durationMs: number;
  /** ISO UTC. */
  readonly endedAt: string;
}

/** Replaces the figures between the markers of a document. Throws when it has none. */
export async function writeReport(file: string, facts: CampaignFacts): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for figures: ${BEGIN} … ${END}`);
  await writeFile(
    file,
    `${text.slice(0, begin)}${BEGIN}\n\n${describeCampaign(facts)}\n\n${text.slice(end)}`,
  );
}

/** The figures as Markdown. */
export function describeCampaign({ tally, seeds, commit, durationMs, endedAt }: CampaignFacts): string {
  const { sightings, recoveriesMs } = tally;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const at = (share: number) => recoveriesMs[Math.floor((recoveriesMs.length - 1) * share)] ?? 0;
  const struck = [...tally.faults.values()].reduce((total, fault) => total + fault.struck, 0);
  const bound =
    tally.violated === 0
      ? `0 of ${tally.schedules}, so with 95 % confidence fewer than ${(boundOf(tally.schedules) * 100).toFixed(1)} % of such schedules violate anything`
      : `${tally.violated} of ${tally.schedules}`;
  return [
    `Seeds ${seeds[0] ?? 0} to ${seeds.at(-1) ?? 0}, commit ${commit}, ended ${endedAt.slice(0, 16).replace('T', ' ')} UTC after ${Math.round(durationMs / 60_000)} min.`,
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
