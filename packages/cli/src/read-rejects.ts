import type { Engine } from '@millrace/shared/adapters/duckdb';
import { quoteLiteral } from '@millrace/shared/core/sql-text';
import type { BatchReference } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import { REJECT_REASONS, type Reject, type RejectReason } from '@millrace/shared/core/reject';
import type { Bucket } from '@millrace/shared/ports/bucket';

import type { RunView } from './core/run-view.ts';

/** The rejects of a run, of all its sources or of one: counts from the manifests, and where the records are. */
export interface RejectSet {
  readonly records: number;
  readonly byReason: ReadonlyMap<RejectReason, number>;
  readonly batches: readonly BatchReference[];
}

/** Throws `usage` for a source or reason that the run does not have. */
export function selectRejects(
  run: RunView,
  source: string | undefined,
  reason: string | undefined,
): RejectSet {
  const tasks = run.plan?.tasks.filter((task) => task.kind === 'extract') ?? [];
  requireKnown('source', source, run.plan?.sources.map(({ name }) => name) ?? []);
  requireKnown('reason', reason, REJECT_REASONS);
  const summaries = tasks
    .filter((task) => source === undefined || task.source === source)
    .flatMap((task) => run.manifests.get(task.id)?.extracted?.rejects ?? []);
  const byReason = new Map<RejectReason, number>();
  for (const name of REJECT_REASONS) {
    const count = summaries.reduce((total, summary) => total + (summary.byReason[name] ?? 0), 0);
    if (count > 0 && (reason === undefined || reason === name)) byReason.set(name, count);
  }
  return {
    records: [...byReason.values()].reduce((total, count) => total + count, 0),
    byReason: new Map([...byReason].sort(([, a], [, b]) => b - a)),
    batches: summaries.flatMap((summary) => summary.batches),
  };
}

function requireKnown(what: string, given: string | undefined, known: readonly string[]): void {
  if (given === undefined || known.includes(given)) return;
  throw fail('usage', {
    message: `There is no ${what} '${given}'.${didYouMean(given, known)}`,
    hint: `Known: ${known.join(', ')}.`,
  });
}

/** Local, verified paths of the Parquet objects with the rejects. */
async function openBatches(bucket: Bucket, { batches }: RejectSet): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}

/** Some rejects of each reason, `limit` at most in all, so that a frequent reason does not hide the rare ones. */
export async function sampleRejects(
  engine: Engine,
  bucket: Bucket,
  rejects: RejectSet,
  limit: number,
): Promise<Reject[]> {
  const { readRejects } = await import('@millrace/shared/adapters/parquet-reader');
  const paths = await openBatches(bucket, rejects);
  const samples: Reject[] = [];
  let reasonsLeft = rejects.byReason.size;
  // Rare reasons first: what they do not use is left for the frequent ones.
  for (const reason of [...rejects.byReason.keys()].reverse()) {
    const share = Math.ceil((limit - samples.length) / reasonsLeft);
    if (share > 0) samples.unshift(...(await readRejects(engine, paths, { reason, limit: share })));
    reasonsLeft -= 1;
  }
  return samples;
}

const EXPORT_FORMATS: Readonly<Record<string, string>> = {
  '.ndjson': 'FORMAT json',
  '.jsonl': 'FORMAT json',
  '.csv': 'FORMAT csv, HEADER',
  '.parquet': 'FORMAT parquet',
};

/**
 * Writes the rejects into a file of the format that its name ends in. The raw record is text; bytes that are not
 * UTF-8 are written as \xNN. In CSV a field that a spreadsheet would run as a formula gets a quote in front.
 */
export async function exportRejects(
  engine: Engine,
  bucket: Bucket,
  rejects: RejectSet,
  file: string,
): Promise<void> {
  const { readParquetSql } = await import('@millrace/shared/adapters/duckdb');
  const ending = Object.keys(EXPORT_FORMATS).find((known) => file.toLowerCase().endsWith(known));
  if (ending === undefined) {
    throw fail('usage', {
      message: `'${file}' does not say in which format to write.`,
      hint: `Let its name end in one of ${Object.keys(EXPORT_FORMATS).join(', ')}.`,
    });
  }
  const paths = await openBatches(bucket, rejects);
  const isJson = EXPORT_FORMATS[ending] === 'FORMAT json';
  const reasons = [...rejects.byReason.keys()].map(quoteLiteral).join(', ');
  const text = (expression: string): string =>
    ending === '.csv'
      ? `CASE WHEN regexp_matches(${expression}, '^[=+@\\t\\r-]') THEN '''' || ${expression} ELSE ${expression} END`
      : expression;
  await engine.run(`
    COPY (
      SELECT run, source, table_name, ${text('file')} AS file, record_number, line, byte_offset, byte_length, reason,
        ${text('message')} AS message,
        ${isJson ? 'CAST(faults AS JSON) AS faults' : 'faults'}, ${text('coalesce(TRY(decode(raw)), CAST(raw AS VARCHAR))')} AS raw, sha256
      FROM ${readParquetSql(paths)} WHERE reason IN (${reasons})
    ) TO ${quoteLiteral(file)} (${EXPORT_FORMATS[ending] ?? ''})`);
}
