import { formatColumnType } from '@millrace/shared/core/column-type';
import type { Disposition } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import { STAGES, STAGE_OF } from '@millrace/shared/core/task';

import { reportSourceReuse } from './reuse-report.ts';
import { sum } from './run-view.ts';

/** What a run would do, as `plan --json` prints it. Stable fields. */
export type PlanReport = ReturnType<typeof reportPlan>;

export function reportPlan(plan: Plan) {
  return {
    pipeline: plan.pipeline,
    bundle: plan.bundle,
    sources: plan.sources.map(({ name, type }) => {
      const files = plan.inputs.filter((input) => input.source === name);
      return {
        source: name,
        type,
        size_bytes: sum(files, (file) => file.sizeBytes),
        partitions: plan.tasks.filter((task) => task.kind === 'extract' && task.source === name).length,
        ...reportSourceReuse(plan, name),
        files: files.map((file) => ({
          file: file.name,
          size_bytes: file.sizeBytes,
          compression: file.compression,
          sha256: file.sha256,
        })),
      };
    }),
    tables: plan.tables.map((table) => ({
      table: table.name,
      source: table.source,
      key: table.key,
      inferred: table.inferred,
      columns: table.columns.map((column) => ({
        column: column.name,
        type: formatColumnType(column.type),
        required: column.required,
      })),
    })),
    models: plan.models.map((model) => ({
      model: model.name,
      file: model.file,
      reads: model.dependsOn,
      load: model.load === null ? null : formatLoad(model.load),
    })),
    destinations: plan.destinations,
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

function formatLoad(load: Disposition): string {
  return load.kind === 'merge' ? `merge on ${load.key.join(', ')}` : load.kind;
}
