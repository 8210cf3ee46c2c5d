import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Ids of the processes in which a worker runs its models. */
export async function modelProcesses(workerPid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.trim().endsWith(`model-main.js ${workerPid}`))
    .map((line) => Number.parseInt(line, 10));
}
