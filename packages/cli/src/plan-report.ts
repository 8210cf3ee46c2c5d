import { formatColumnType } from '@millrace/shared/core/column-type';
import type { Disposition } from '@millrace/shared/core/pipeline';
import type { Plan, StagedTable } from '@millrace/shared/core/plan';
import { STAGES, STAGE_OF } from '@millrace/shared/core/task';
import { formatValuePath } from '@millrace/shared/core/value-path';
import type { ColumnSample } from '@millrace/sources/plan/describe-columns';
import type { SourcePreview, TablePreview } from '@millrace/sources/plan/preview-source';

import { reportDrift } from '@millrace/shared/core/report/drift-report';
import { reportCursors } from '@millrace/shared/core/report/cursor-report';
import type { PlanPreview, TablePreviewChange } from './plan-preview.ts';
import { reportSourceReuse } from '@millrace/shared/core/report/reuse-report';
import { sum } from '@millrace/shared/core/report/run-view';

/** What a run would do, as `plan --json` prints it. Stable fields. */
export type PlanReport = ReturnType<typeof reportPlan>;

export function reportPlan({ plan, sources, changes }: PlanPreview) {
  const tables = sources.flatMap((source) => source.tables);
  return {
    pipeline: plan.pipeline,
    bundle: plan.bundle,
    sources: plan.sources.map(({ name, type }) => ({
      source: name,
      type,
      ...reportFiles(plan, name),
      ...reportSample(sources.find(({ source }) => source === name)),
    })),
    tables: plan.tables.map((table) =>
      reportTable(
        table,
        tables.find((preview) => preview.table === table.name),
      ),
    ),
    drift: reportDrift(plan.drift),
    cursors: reportCursors(plan),
    models: plan.models.map((model) => ({
      model: model.name,
      file: model.file,
      reads: model.dependsOn,
      load: model.load === null ? null : formatLoad(model.load),
    })),
    destinations: plan.destinations.map((destination) => ({
      ...destination,
      tables: changes.filter((change) => change.destination === destination).map(reportChange),
    })),
    tasks: {
      total: plan.tasks.length,
      ...Object.fromEntries(
        STAGES.map((stage) => [stage, plan.tasks.filter((task) => STAGE_OF[task.kind] === stage).length]),
      ),
    },
    rejects: {
      max_rows: plan.rejects.maxRows,
      max_ratio: plan.rejects.maxRatio,
      sources: plan.rejects.sources.map(({ source, maxRows, maxRatio, byDefault }) => ({
        source,
        max_rows: maxRows,
        max_ratio: maxRatio,
        by_default: byDefault,
      })),
    },
  };
}

function reportFiles(plan: Plan, source: string) {
  const files = plan.inputs.filter((input) => input.source === source);
  return {
    size_bytes: sum(files, (file) => file.sizeBytes),
    partitions: plan.tasks.filter((task) => task.kind === 'extract' && task.source === source).length,
    ...reportSourceReuse(plan, source),
    files: files.map((file) => ({
      file: file.name,
      size_bytes: file.sizeBytes,
      compression: file.compression,
      sha256: file.sha256,
    })),
  };
}

/** `expected_rejects` is null unless a sample was judged. */
function reportSample(preview: SourcePreview | undefined) {
  return {
    sampled_records: preview?.sampledRecords ?? 0,
    sample_is_whole: preview?.isWhole ?? false,
    expected_rejects:
      preview?.rejects?.map(({ reason, records, examples }) => ({
        reason,
        sampled_records: records,
        examples: examples.map(({ file, recordNumber, line, byteOffset, byteLength, table, message }) => ({
          file,
          record_number: recordNumber,
          line,
          byte_offset: byteOffset,
          size_bytes: byteLength,
          table,
          message,
        })),
      })) ?? null,
  };
}

function reportTable(table: StagedTable, preview: TablePreview | undefined) {
  return {
    table: table.name,
    source: table.source,
    key: table.key,
    inferred: table.inferred,
    /** Null when it cannot be told. */
    estimated_rows: preview?.rows?.count ?? null,
    rows_are_exact: preview?.rows?.isExact ?? false,
    estimated_batches: preview?.batches ?? null,
    columns: table.columns.map((column, index) => ({
      column: column.name,
      type: formatColumnType(column.type),
      format: column.format,
      required: column.required,
      path: formatValuePath(column.path),
      examples: preview?.columns[index]?.examples ?? [],
      note: noteOf(preview?.columns[index], preview?.sampledRows ?? 0, formatValuePath(column.path)),
    })),
  };
}

/** A path with a typing error gives nulls, and nothing else would tell. */
function noteOf(sample: ColumnSample | undefined, rows: number, path: string): string | null {
  if (sample === undefined || rows === 0) return null;
  if (sample.found === 0) return `no sampled record has ${path}`;
  return sample.nulls === sample.found ? 'null in every sampled record' : null;
}

function reportChange({ model, change }: TablePreviewChange) {
  return {
    table: model.model.name,
    /** create, recreate, widen, keep, files or refused. */
    change: change.kind === 'widen' && change.add.length === 0 ? ('keep' as const) : change.kind,
    columns: model.columns.map(({ name, type }) => ({ column: name, type })),
    add: change.kind === 'widen' ? change.add.map(({ name }) => name) : [],
    absent: change.kind === 'widen' ? change.absent : [],
    error: change.kind === 'refused' ? change.error : null,
  };
}

function formatLoad(load: Disposition): string {
  return load.kind === 'merge' ? `merge on ${load.key.join(', ')}` : load.kind;
}
