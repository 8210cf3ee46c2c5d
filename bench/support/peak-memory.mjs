import { readFileSync, writeFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';

/** Fine enough to meet a process that lives for a tenth of a second, and 1 % of a core. */
const EVERY_MS = 25;

/**
 * Watches processes and those that they start, as Linux counts their memory.
 * @param {readonly number[]} ids
 * @returns {{ stop: () => number[][] }} `stop` gives, for each id, the most MB that it and each of its children ever held
 */
export function watchMemory(ids) {
  const peaks = ids.map(() => new Map());
  for (const id of ids) for (const member of family(id)) forgetPeak(member);
  const look = () => {
    ids.forEach((id, index) => {
      for (const member of family(id)) {
        const megabytes = peakOf(member);
        if (megabytes > (peaks[index].get(member) ?? 0)) peaks[index].set(member, megabytes);
      }
    });
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      look();
      clearInterval(timer);
      return peaks.map((members) => [...members.values()]);
    },
  };
}

function family(id) {
  const children = read(`/proc/${id}/task/${id}/children`)
    .split(' ')
    .filter((text) => text !== '');
  return [id, ...children.flatMap((child) => family(Number(child)))];
}

function peakOf(id) {
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${id}/status`))?.[1] ?? 0) / 1024);
}

/** What follows is then counted from what the process holds now. */
function forgetPeak(id) {
  try {
    writeFileSync(`/proc/${id}/clear_refs`, '5');
  } catch {
    // It has ended, or this is not Linux: then there are no peaks at all.
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
