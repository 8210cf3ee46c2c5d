/** `path` as it is when absolute, else below `baseDir`, with `.` and `..` resolved. POSIX paths. */
export function resolvePath(baseDir: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${baseDir}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
