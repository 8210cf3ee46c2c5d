import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { DEFAULT_CONTRACT } from '@millrace/shared/core/contract';
import type { Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { PlannedInput } from '@millrace/shared/core/plan';
import type { PlanMemory } from '@millrace/shared/ports/plan-memory';

import { plannedSource } from '../plan/planned-source.ts';
import { surveySource } from '../plan/survey-source.ts';
import { compareContracts } from './apply-contracts.ts';
import type { FoundDrift } from './find-drift.ts';

export interface SourceDrift {
  readonly source: string;
  readonly found: readonly FoundDrift[];
}

/** How the data of a pipeline's sources differs from the columns that it declares. Reads the sources, writes nothing. */
export async function comparePipeline(bundle: Bundle, memory: PlanMemory | null): Promise<SourceDrift[]> {
  const pipeline = compilePipeline(bundle);
  const compared: SourceDrift[] = [];
  for (const source of pipeline.sources) {
    const planned = plannedSource(source);
    const inputs: PlannedInput[] = [];
    const survey = await surveySource(lenient(source), bundle.baseDir, await memory?.files(planned));
    for (const input of survey.inputs) inputs.push(input);
    const found = await compareContracts({ ...survey, source: planned, inputs });
    compared.push({ source: source.name, found: found.map((one) => withMode(one, source)) });
  }
  return compared;
}

/** A column that no file has is an error to a run, and here something to be shown. */
function lenient(source: Source): Source {
  return {
    ...source,
    tables: source.tables.map((table) => ({
      ...table,
      contract: { ...(table.contract ?? DEFAULT_CONTRACT), missingColumns: 'evolve' as const },
    })),
  };
}

function withMode({ drift, column }: FoundDrift, source: Source): FoundDrift {
  if (drift.kind !== 'missing_column') return { drift, column };
  const table = source.tables.find(({ name }: TableDeclaration) => name === drift.table);
  return {
    drift: { ...drift, mode: table?.contract?.missingColumns ?? DEFAULT_CONTRACT.missingColumns },
    column,
  };
}
