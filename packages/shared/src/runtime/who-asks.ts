import { hostname, userInfo } from 'node:os';

/** Person and machine, for records of what was asked by hand: `ann@host`. */
export function whoAsks(): string {
  return `${userName()}@${hostname()}`;
}

/** In a container a process may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
