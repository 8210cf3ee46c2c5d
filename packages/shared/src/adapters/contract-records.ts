import { readContractRecord } from '../contracts/contract-record-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { ContractRecord } from '../core/contract-record.ts';
import type { Bucket } from '../ports/bucket.ts';

/**
 * Keeps what a person did with the contracts of a pipeline. The command has no destination at hand, and there may be none
 * yet: every run carries the records into its own, where each is kept once by its id.
 */
export async function keepContract(bucket: Bucket, record: ContractRecord): Promise<void> {
  const key = bucketLayout.contract(record.pipeline, record.id);
  await bucket.createIfAbsent(key, writeJson({ v: 1, record }));
}

/** All that the bucket has of a pipeline, the oldest first. */
export async function readContracts(bucket: Bucket, pipeline: string): Promise<ContractRecord[]> {
  const records: ContractRecord[] = [];
  for (const key of await bucket.list(bucketLayout.contracts(pipeline))) {
    const content = await bucket.read(key);
    if (content !== null) records.push(readContractRecord(content, key));
  }
  return records;
}
