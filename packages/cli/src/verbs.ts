export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** The module that has `define`. */
  readonly load: () => Promise<unknown>;
}

/** In the order of a first day: try, write, run, look, operate. */
export const VERBS: readonly Verb[] = [
  verb('demo', 'run an example pipeline through the whole system', () => import('./commands/demo.ts')),
  verb('init', 'write a pipeline for data files', () => import('./commands/init.ts')),
  verb('validate', 'check a pipeline without running it', () => import('./commands/validate.ts')),
  verb('test', 'run the unit tests of models', () => import('./commands/test.ts')),
  verb('plan', 'show what a run would do; writes nothing', () => import('./commands/plan.ts')),
  verb(
    'contract',
    'compare declared columns with the data, and take changes over',
    () => import('./commands/contract.ts'),
  ),
  verb('deploy', 'keep a pipeline in the bucket, to run it by name', () => import('./commands/deploy.ts')),
  verb('run', 'run a pipeline', () => import('./commands/run.ts')),
  verb('watch', 'follow a run as it works', () => import('./commands/watch.ts')),
  verb('runs', 'list the latest runs', () => import('./commands/runs.ts')),
  verb('status', 'show a run: stages, tables, rejects', () => import('./commands/status.ts')),
  verb('cancel', 'end a run, so that nothing of it is published', () => import('./commands/cancel.ts')),
  verb('retry', 'continue a run that failed', () => import('./commands/retry.ts')),
  verb('resume', 'add the jobs that unfinished runs lack', () => import('./commands/resume.ts')),
  verb('rejects', 'show the records a run refused, and why', () => import('./commands/rejects.ts')),
  verb('checks', 'show what the checks of a run found', () => import('./commands/checks.ts')),
  verb('replay', 'run rejected records again, each once', () => import('./commands/replay.ts')),
  verb('tables', 'list the tables of a destination', () => import('./commands/tables.ts')),
  verb('history', 'draw a table over its runs', () => import('./commands/history.ts')),
  verb('diff', 'compare the tables of two runs', () => import('./commands/diff.ts')),
  verb('query', 'ask a destination in SQL', () => import('./commands/query.ts')),
  verb('trace', 'go from a row back to its files and records', () => import('./commands/trace.ts')),
  verb('pause', 'hold the tasks of a pipeline back', () => import('./commands/pause.ts')),
  verb('unpause', 'let a paused pipeline go on', () => import('./commands/unpause.ts')),
  verb('schedule', 'show, pause and resume schedules', () => import('./commands/schedule.ts')),
  verb('up', 'start the whole stack on this machine', () => import('./commands/up.ts')),
  verb('down', 'stop the stack of this folder', () => import('./commands/down.ts')),
  verb('workers', 'list the running workers', () => import('./commands/workers.ts')),
  verb('prune', 'remove data that nobody needs any more', () => import('./commands/prune.ts')),
  verb('doctor', 'check this machine and its settings', () => import('./commands/doctor.ts')),
];

function verb(name: string, summary: string, load: () => Promise<unknown>): Verb {
  return { name, summary, load };
}
