import { formatCount } from '../format-count.ts';
import type { Plan } from '../plan.ts';
import type { ExtractTask } from '../task.ts';

import { reportChecks } from './check-report.ts';
import { manifestsOf, sum, type RunView } from './run-view.ts';

/** What a person should look at although a run goes on or is published. Codes are stable. */
export interface WarningReport {
  readonly code: 'records_rejected' | 'empty_source' | 'missing_column' | 'check_warned';
  readonly message: string;
}

const NAMED_FILES = 5;

export function reportWarnings(run: RunView): WarningReport[] {
  const { plan } = run;
  if (plan === null) return [];
  return [
    ...rejectedRecords(run),
    ...plan.sources.flatMap((source) => emptyFiles(run, plan, source.name)),
    ...plan.tables.flatMap((table) => missingColumns(plan, table)),
    ...warningChecks(run),
  ];
}

/** Rejects never go by in silence, however few they are. */
function rejectedRecords(run: RunView): WarningReport[] {
  const files = manifestsOf(run, 'extract').flatMap((manifest) => manifest.extracted?.files ?? []);
  const rejected = sum(files, (file) => file.rejected);
  if (rejected === 0) return [];
  const seen = sum(files, (file) => file.seen);
  return [
    {
      code: 'records_rejected',
      message: `${formatCount(rejected)} of ${formatCount(seen)} records were rejected.`,
    },
  ];
}

function warningChecks(run: RunView): WarningReport[] {
  return reportChecks(run)
    .filter(({ status }) => status === 'warn')
    .map(({ check, message }) => ({ code: 'check_warned', message: `Check ${check}: ${message ?? ''}` }));
}

/** Once a source is read. That there are no new rows behind a cursor is no news, and a replay reads no files. */
function emptyFiles(run: RunView, plan: Plan, source: string): WarningReport[] {
  const tasks = plan.tasks.filter(
    (task): task is ExtractTask => task.kind === 'extract' && task.source === source,
  );
  const readsAll = tasks.every(
    ({ read }) => read.kind === 'files' || (read.kind === 'relation' && read.cursor === null),
  );
  if (!readsAll || !tasks.every(({ id }) => run.manifests.has(id))) return [];
  const counted = tasks.flatMap(({ id }) => run.manifests.get(id)?.extracted?.files ?? []);
  const withRecords = new Set(counted.filter((file) => file.seen > 0).map((file) => file.input));
  const files = plan.inputs.flatMap((input, index) =>
    input.source === source ? [{ name: input.name, index }] : [],
  );
  const empty = files.filter(({ index }) => !withRecords.has(index)).map(({ name }) => name);
  if (files.length > 0 && empty.length === 0) return [];
  const what =
    files.length === 0 ? 'there is no file' : describeShare(empty, files.length, 'without records');
  return [{ code: 'empty_source', message: `Source '${source}': ${what}.` }];
}

/** A declared column that some files of CSV lack is null there. */
function missingColumns(
  plan: Plan,
  { source, name: table, columns, inferred }: Plan['tables'][number],
): WarningReport[] {
  const files = plan.inputs.flatMap(({ source: of, name, layout }) =>
    of === source && layout.kind === 'csv' ? [{ name, header: new Set(layout.header) }] : [],
  );
  if (inferred) return [];
  return columns.flatMap(({ name, path }) => {
    const lacking = files.filter(({ header }) => !header.has(String(path.steps[0]))).map((file) => file.name);
    if (lacking.length === 0) return [];
    const where = describeShare(lacking, files.length, `without column '${name}', which is null there`);
    return [{ code: 'missing_column', message: `Table '${table}': ${where}.` } as const];
  });
}

/** `2 of 3 files without records (a.csv, b.csv)`. */
function describeShare(names: readonly string[], total: number, what: string): string {
  const shown = names.slice(0, NAMED_FILES).join(', ') + (names.length > NAMED_FILES ? ', …' : '');
  return `${names.length} of ${total} file${total === 1 ? '' : 's'} ${what} (${shown})`;
}
