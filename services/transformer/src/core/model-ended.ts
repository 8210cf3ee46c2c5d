import { fail, type MillraceError } from '@millrace/shared/core/errors';

/** What a process was at. */
export interface Subject {
  /** To begin a sentence with: `Model 'daily'`. */
  readonly title: string;
  readonly file: string;
}

export function tookTooLong({ title, file }: Subject, timeoutMs: number): MillraceError {
  return fail('model_failed', {
    message: `${title} ran longer than ${timeoutMs / 1000} s and was ended.`,
    where: file,
    hint: 'Look for a join without a condition, or raise MILLRACE_MODEL_TIMEOUT_MS.',
  });
}

const MEBIBYTE = 1024 * 1024;

/**
 * Memory that the process of a model may occupy, given what its engine may use. The engine keeps to its limit only in
 * what it counts: joins, sorts and windows over rows of ordinary width were seen with up to 220 MiB more, rows of 20 kB
 * with 470 MiB more at 1 GiB. To end a model that would have finished is worse than to lend it some memory.
 */
export function residentLimit(engineBytes: number): number {
  return engineBytes * 1.5 + 256 * MEBIBYTE;
}

export function tookTooMuch({ title, file }: Subject, bytes: number, limitBytes: number): MillraceError {
  const [taken, limit] = [bytes, limitBytes].map((value) => `${Math.round(value / MEBIBYTE)} MiB`);
  return fail('out_of_memory', {
    message: `${title} took ${taken} of memory and was ended: its process may take ${limit}, which is one and a half times MILLRACE_MEMORY_MB and 256 MiB.`,
    where: file,
    hint: 'One very long value is the usual cause, as of repeat or string_agg: it has to be in memory as a whole. Make it shorter, or raise MILLRACE_MEMORY_MB.',
  });
}

/** @param how a signal, an exit code, or why there was no process */
export function processEnded({ title, file }: Subject, how: string | number): MillraceError {
  return fail('model_process_ended', {
    message: `${title} was not finished: its process ended (${typeof how === 'number' ? `exit code ${how}` : how}).`,
    where: file,
    hint:
      how === 'SIGKILL'
        ? "It was ended from outside, by the system if its memory ran out: see the system's log, and lower MILLRACE_MEMORY_MB or give the machine more."
        : 'If it does so at every try, the SELECT meets a defect of the engine: write it in another way, and report it.',
  });
}
