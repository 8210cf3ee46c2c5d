import type { Cluster } from './cluster.ts';

const REQUEST_MAX_MS = 30_000;
const INFRASTRUCTURE_EXIT = 3;

/**
 * Requests a run by several commands at once that have the same key. When they say that Redis is away, the same
 * commands again, as a person or cron would. Throws when the key gets two runs, or a command is refused.
 */
export async function requestRun(
  cluster: Cluster,
  pipeline: string,
  key: string,
  commands: number,
): Promise<string> {
  const deadline = Date.now() + REQUEST_MAX_MS;
  for (;;) {
    const asked = Array.from({ length: commands }, () =>
      cluster.cli('run', pipeline, '--key', key, '--json'),
    );
    const answers = await Promise.all(asked);
    const runs = new Set(answers.filter(({ code }) => code === 0).map(({ stdout }) => runOf(stdout)));
    if (runs.size > 1) throw new Error(`One key got several runs: ${[...runs].join(', ')}`);
    const [run] = runs;
    if (run !== undefined) return run;
    const refused = answers.find(({ code }) => code !== INFRASTRUCTURE_EXIT);
    if (refused !== undefined) throw new Error(`A run was refused (exit ${refused.code}): ${refused.stderr}`);
    if (Date.now() > deadline) throw new Error(`No run could be requested: ${answers[0]?.stderr ?? ''}`);
  }
}

/** Requests a run that reads everything anew: what the hints of failures say. */
export async function requestFullRun(cluster: Cluster, pipeline: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.cli('run', pipeline, '--full', '--json');
  if (code === 0) return runOf(stdout);
  throw new Error(`No run could be requested after a failure (exit ${code}): ${stderr}`);
}

/** Begins another round of a failed run, also where it will fail in the same way. */
export async function requestRetry(cluster: Cluster, run: string): Promise<void> {
  const { code, stderr } = await cluster.cli('retry', run, '--force');
  if (code !== 0) throw new Error(`Run ${run} could not be retried (exit ${code}): ${stderr}`);
}

const runOf = (stdout: string) => (JSON.parse(stdout) as { run: string }).run;
