import type { Reject, RejectReason } from '@millrace/shared/core/reject';
import { sampleRejects, selectRejects } from '@millrace/shared/runtime/read-rejects';
import type { RunState } from '@millrace/shared/runtime/run-store';
import { withEngine } from '@millrace/shared/runtime/with-engine';

import type { RejectRow, RejectsPage } from './api/reject.ts';
import type { DashboardTools } from './tools.ts';
import { smallConfig } from './small-config.ts';

const MAX_RAW_CHARACTERS = 4000;
/** UTF-8 needs at most four bytes for a character. */
const MAX_RAW_BYTES = 4 * MAX_RAW_CHARACTERS;

interface RejectsWish {
  readonly reason?: RejectReason | undefined;
  readonly source?: string | undefined;
  readonly limit: number;
}

/** As `millrace rejects`. Throws `usage` for an unknown source, `batch_missing` where they were pruned. */
export async function readRejects(
  { bucket, config }: Pick<DashboardTools, 'bucket' | 'config'>,
  run: RunState,
  { reason, source, limit }: RejectsWish,
): Promise<RejectsPage> {
  const wanted = selectRejects(run, source, reason);
  const isPruned = run.status !== 'published' && run.pruned.length > 0;
  const samples =
    wanted.records === 0 || isPruned
      ? []
      : await withEngine(smallConfig(config), (engine) => sampleRejects(engine, bucket, wanted, limit));
  return {
    run: run.request.run,
    records: wanted.records,
    by_reason: [...selectRejects(run, source, undefined).byReason].map(([name, records]) => ({
      reason: name,
      records,
    })),
    by_file: countByFile(run),
    rejects: samples.map(describe),
  };
}

function countByFile({ plan, manifests }: RunState): RejectsPage['by_file'] {
  const counts = new Map<number, number>();
  for (const { extracted } of manifests.values()) {
    for (const { input, rejected } of extracted?.files ?? [])
      if (rejected > 0) counts.set(input, (counts.get(input) ?? 0) + rejected);
  }
  return [...counts]
    .flatMap(([index, records]) => {
      const input = plan?.inputs[index];
      return input === undefined ? [] : [{ source: input.source, file: input.name, records }];
    })
    .sort((a, b) => b.records - a.records);
}

function describe(reject: Reject): RejectRow {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(reject.raw.subarray(0, MAX_RAW_BYTES));
  return {
    reason: reject.reason,
    message: reject.message,
    source: reject.source,
    file: reject.file,
    record_number: reject.recordNumber,
    line: reject.line,
    byte_offset: reject.byteOffset,
    faults: reject.faults,
    raw: text.slice(0, MAX_RAW_CHARACTERS),
    raw_truncated: text.length > MAX_RAW_CHARACTERS || reject.raw.length > MAX_RAW_BYTES,
  };
}
