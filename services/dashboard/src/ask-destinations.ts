import { Worker } from 'node:worker_threads';

import { fail, type ErrorRecord } from '@millrace/shared/core/errors';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { PublishedTableInfo, QueryResult } from '@millrace/shared/ports/destination-reader';

export interface DestinationQuestion {
  readonly destination: Destination;
  readonly pipeline: string;
  /** The table of which rows are wanted too, and how many. */
  readonly preview: { readonly table: string; readonly limit: number } | null;
}

export interface DestinationAnswer {
  /** What the pipeline has published there, by name. */
  readonly tables: readonly PublishedTableInfo[];
  /** Null where none were asked for, and where the pipeline has not published the table. */
  readonly rows: QueryResult | null;
}

/** What the thread says of each question, in their order. */
export type DestinationReport =
  | { readonly kind: 'answer'; readonly answer: DestinationAnswer }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

type Reports = readonly DestinationReport[];

const asked = new Map<string, Promise<Reports>>();
let last: Promise<unknown> = Promise.resolve();

/**
 * Asks destinations in a thread, one after another, so that however many pages ask, runs lose no more than one core to
 * them. Who asks the same as somebody who waits gets the same answer.
 */
export function askDestinations(questions: readonly DestinationQuestion[]): Promise<Reports> {
  if (questions.length === 0) return Promise.resolve([]);
  const key = JSON.stringify(questions);
  const known = asked.get(key);
  if (known !== undefined) return known;
  const answer = last.then(() => runThread(questions)).finally(() => asked.delete(key));
  asked.set(key, answer);
  last = answer.catch(() => undefined);
  return answer;
}

function runThread(questions: readonly DestinationQuestion[]): Promise<Reports> {
  // As built: a thread runs JavaScript.
  const thread = new Worker(new URL('./destination-thread.js', import.meta.url), { workerData: questions });
  return new Promise((resolve, reject) => {
    let reports: Reports | null = null;
    thread.on('message', (said: Reports) => (reports = said));
    thread.on('error', reject);
    // Not before: it closes its databases, and removes files beside them.
    thread.on('exit', (code) => {
      if (reports !== null) resolve(reports);
      else reject(fail('internal', { message: `The thread of destinations ended with exit code ${code}.` }));
    });
  });
}
