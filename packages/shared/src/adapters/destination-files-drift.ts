import { readContractRecords } from '../contracts/contract-record-v1.ts';
import { readDriftRecord } from '../contracts/drift-v1.ts';
import { mergeContracts, type ContractRecord } from '../core/contract-record.ts';
import type { DriftRecord } from '../core/drift-record.ts';
import { FILES_LAYOUT } from '../core/published-record.ts';
import { readOfRun } from './destination-files-checks.ts';

/** How the data of a run differed from what was declared. */
export async function readFilesDrift(root: string, run: string): Promise<DriftRecord[]> {
  const found = await readOfRun(root, run, FILES_LAYOUT.drift);
  return found === null ? [] : [...readDriftRecord(found.content, found.file).drift];
}

/** What people did with the contracts of a pipeline: each run brings all that its bucket had then. */
export async function readFilesContracts(root: string, runs: readonly string[]): Promise<ContractRecord[]> {
  const known: (readonly ContractRecord[])[] = [];
  for (const run of runs) {
    const found = await readOfRun(root, run, FILES_LAYOUT.contracts);
    if (found !== null) known.push(readContractRecords(found.content, found.file));
  }
  return mergeContracts(...known);
}
