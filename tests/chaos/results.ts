import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Outcome } from './outcome.ts';

/** What campaigns have found out, by kind of campaign. */
interface Findings {
  readonly schedules: Outcome;
  readonly kills: CallFinding;
  readonly errors: CallFinding;
  readonly zombies: StageFinding;
  readonly shutdown: StageFinding;
}

/** What came of one system call at which something was made to happen. */
interface CallFinding {
  readonly scenario: string;
  readonly missed: boolean;
  readonly violation: string | null;
}

/** Tries of one stage that all held; a try that does not ends its test, and is no finding but a failure. */
interface StageFinding {
  readonly stage: string;
  readonly tries: number;
}

export type Campaign = keyof Findings;

/** A line of a file of results. */
export interface Result<C extends Campaign = Campaign> {
  readonly campaign: C;
  /** Which schedule, call or tries: what has a result is not done again. */
  readonly key: string;
  readonly commit: string;
  /** ISO UTC. */
  readonly endedAt: string;
  readonly finding: Findings[C];
}

/** Results of campaigns in a file that grows: one that was broken off goes on where it was, and ranges add up. */
export interface Results {
  has(campaign: Campaign, key: string): boolean;
  add<C extends Campaign>(campaign: C, key: string, finding: Findings[C]): void;
  /** Of one kind, in the order in which they came. */
  of<C extends Campaign>(campaign: C): readonly Result<C>[];
}

/** @param file JSON Lines, made when it is missing; null keeps results in memory alone */
export function openResults(file: string | null): Results {
  const all = file === null ? [] : readResults(file);
  const commit = commitHere();
  const known = new Set(all.map(({ campaign, key }) => `${campaign} ${key}`));
  return {
    has: (campaign, key) => known.has(`${campaign} ${key}`),
    add(campaign, key, finding) {
      const result = { campaign, key, commit, endedAt: new Date().toISOString(), finding };
      all.push(result);
      known.add(`${campaign} ${key}`);
      if (file !== null) appendFileSync(file, `${JSON.stringify(result)}\n`);
    },
    of: <C extends Campaign>(campaign: C) =>
      all.filter((result): result is Result<C> => result.campaign === campaign),
  };
}

export function commitHere(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}

function readResults(file: string): Result[] {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  // Whoever was killed while it wrote has left a part of a line.
  const rest = lines.pop() ?? '';
  if (rest !== '')
    throw new Error(`${file} ends in the middle of a line: remove it. It begins ${rest.slice(0, 60)}`);
  return lines.map((line) => JSON.parse(line) as Result);
}
