/**
 * Where things are in the bucket. Every key is built here; readers find data only through plans and manifests,
 * never by listing data objects.
 */
export const bucketLayout = {
  bundle: (pipeline: string, hash: string) => `pipelines/${pipeline}/${hash}.json`,
  bundles: (pipeline: string) => `pipelines/${pipeline}/`,
  /** Names the bundle that `millrace run <name>` uses. */
  deployed: (pipeline: string) => `pipelines/${pipeline}/deployed.json`,
  /** Whether the pipeline is paused; without it, it is not. */
  paused: (pipeline: string) => `pipelines/${pipeline}/paused.json`,
  /** Whether the schedule of the pipeline is paused; without it, it is not. */
  schedulePaused: (pipeline: string) => `pipelines/${pipeline}/schedule-paused.json`,
  pipelines: 'pipelines/',
  contracts: (pipeline: string) => `contracts/${pipeline}/`,
  /** Differences that a person was shown or has accepted; `id` is unique per command. */
  contract: (pipeline: string, id: string) => `contracts/${pipeline}/${id}.json`,
  runKey: (pipeline: string, keyHash: string) => `run-keys/${pipeline}/${keyHash}.json`,
  extracts: (pipeline: string) => `extracts/${pipeline}/`,
  /** Names the newest task that read partitions of this fingerprint; replaced when that task's run is gone. */
  extract: (pipeline: string, fingerprint: string) => `extracts/${pipeline}/${fingerprint}.json`,
  /** What the last planning found out about the files of a source. */
  knownFiles: (pipeline: string, source: string) => `known-files/${pipeline}/${source}.json`,
  runs: 'runs/',
  run: (run: string) => `runs/${run}/`,
  request: (run: string) => `runs/${run}/request.json`,
  plan: (run: string) => `runs/${run}/plan.json`,
  /** Of a round: the first one's has no number. */
  failure: (run: string, round: number) => `runs/${run}/failure${round === 1 ? '' : `.${round}`}.json`,
  retries: (run: string) => `runs/${run}/retries/`,
  /** The n-th retry of a run, which started round n + 1. */
  retry: (run: string, sequence: number) => `runs/${run}/retries/${sequence}.json`,
  decision: (run: string) => `runs/${run}/decision.json`,
  /** The whole request of the n-th replay of a run. */
  replay: (run: string, sequence: number) => `runs/${run}/replays/${sequence}.json`,
  /** Records as a person mended them; `id` is unique per command, so that two never write the same object. */
  mended: (run: string, id: string, index: number) =>
    `runs/${run}/mended/${id}.${String(index).padStart(5, '0')}.parquet`,
  prunings: (run: string) => `runs/${run}/pruned/`,
  /** `id` is unique per command: data of a run may be given up in several goes. */
  pruned: (run: string, id: string) => `runs/${run}/pruned/${id}.json`,
  /** Starts of a task in a round after which its worker fell silent. */
  lostStarts: (run: string, task: string, round: number) => `runs/${run}/lost-starts/${task}.r${round}/`,
  lostStart: (run: string, task: string, round: number, id: string) =>
    `runs/${run}/lost-starts/${task}.r${round}/${id}.json`,
  tasks: (run: string) => `runs/${run}/tasks/`,
  manifest: (run: string, task: string) => `runs/${run}/tasks/${task}.json`,
  /** Data objects carry the attempt in their name, so that two attempts never write the same object. */
  staged: (run: string, table: string, task: string, attempt: string, index: number) =>
    `runs/${run}/staged/${table}/${task}.${attempt}.${String(index).padStart(5, '0')}.parquet`,
  rejected: (run: string, task: string, attempt: string, index: number) =>
    `runs/${run}/rejected/${task}.${attempt}.${String(index).padStart(5, '0')}.parquet`,
  modeled: (run: string, model: string, attempt: string, index: number) =>
    `runs/${run}/modeled/${model}/${attempt}.${String(index).padStart(5, '0')}.parquet`,
  /** Bad rows of the check at this place among those of its task. */
  failures: (run: string, task: string, attempt: string, index: number) =>
    `runs/${run}/failures/${task}.${attempt}.${String(index).padStart(5, '0')}.parquet`,
} as const;

/** The task id of a manifest's key, or null for any other key. */
export function taskOfManifestKey(key: string): string | null {
  return /^runs\/[^/]+\/tasks\/([^/]+)\.json$/.exec(key)?.[1] ?? null;
}

/** The number of a retry's key, or null for any other key. */
export function sequenceOfRetryKey(key: string): number | null {
  const digits = /^runs\/[^/]+\/retries\/(\d+)\.json$/.exec(key)?.[1];
  return digits === undefined ? null : Number(digits);
}

/**
 * Job ids are deterministic, so that adding a job twice is harmless. BullMQ forbids `:` and all-digit ids. A round has
 * jobs of its own: those of the one before may stand in the queue as failed, and such an id cannot be added again.
 */
export function jobId(run: string, task: string, generation: number, round = 1): string {
  return `${run}.${task}${round === 1 ? '' : `.r${round}`}.g${generation}`;
}
