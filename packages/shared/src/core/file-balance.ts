import { foundRecords } from './conservation.ts';
import { inputsOf } from './describe-extract.ts';
import type { FileCounts, Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';

/** `open`: not all is done that these counts come from. */
export type Balance = 'balanced' | 'open' | 'broken';

/** What became of the records of one input. Blank lines are no records. */
export interface FileBalance extends Omit<FileCounts, 'input'> {
  readonly source: string;
  /** As shown to people. */
  readonly file: string;
  /** Records that planning counted, null where it did not: it counts where it looks for places to cut. */
  readonly found: number | null;
  readonly balance: Balance;
}

/** The files of a run in the order of the plan. */
export function balanceFiles(plan: Plan, manifests: ReadonlyMap<string, Manifest>): FileBalance[] {
  const facts = plan.inputs.map((): FileFacts => ({ found: 0, isOpen: false, ...NOTHING }));
  for (const task of plan.tasks) {
    if (task.kind !== 'extract') continue;
    const { read } = task;
    const found = read.kind === 'files' ? foundRecords(read) : new Map<number, number | null>();
    const manifest = manifests.get(task.id);
    for (const input of readInputs(plan, task)) {
      const file = facts[input];
      if (file === undefined) continue;
      const more = found.get(input) ?? null;
      file.found = file.found === null || more === null ? null : file.found + more;
      file.isOpen ||= manifest === undefined;
    }
    for (const counts of manifest?.extracted?.files ?? []) addCounts(facts[counts.input], counts);
  }
  return plan.inputs.map(({ source, name }, index) => {
    const { isOpen, ...counts } = facts[index] ?? { ...NOTHING, found: 0, isOpen: false };
    return { source, file: name, ...counts, balance: balanceOf(counts, isOpen) };
  });
}

const NOTHING = { seen: 0, accepted: 0, rejected: 0, blank: 0 } as const;

interface FileFacts {
  seen: number;
  accepted: number;
  rejected: number;
  blank: number;
  found: number | null;
  isOpen: boolean;
}

/** A replay reads rejects of any file of its source. */
function readInputs(plan: Plan, task: Extract<Plan['tasks'][number], { kind: 'extract' }>): number[] {
  if (task.read.kind !== 'rejects') return inputsOf(task.read);
  return plan.inputs.flatMap(({ source }, index) => (source === task.source ? [index] : []));
}

function addCounts(file: FileFacts | undefined, counts: FileCounts): void {
  if (file === undefined) return;
  file.seen += counts.seen;
  file.accepted += counts.accepted;
  file.rejected += counts.rejected;
  file.blank += counts.blank;
}

function balanceOf({ seen, accepted, rejected, found }: Omit<FileFacts, 'isOpen'>, isOpen: boolean): Balance {
  if (seen !== accepted + rejected) return 'broken';
  if (isOpen) return 'open';
  return found === null || found === seen ? 'balanced' : 'broken';
}
