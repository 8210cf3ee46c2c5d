/**
 * The `packages` of a lockfile, as far as they are read here.
 *
 * @typedef {Readonly<Record<string, { version?: string, optional?: boolean, link?: boolean }>>} LockedPackages
 */

/**
 * Whether what npm recorded in node_modules is what the lockfile asks for.
 *
 * @param {LockedPackages} locked of package-lock.json
 * @param {LockedPackages} installed of node_modules/.package-lock.json
 */
export function isInstalled(locked, installed) {
  return Object.entries(locked).every(([name, wanted]) => {
    const isWorkspaceOrRoot = !name.includes('node_modules/');
    if (isWorkspaceOrRoot) return true;
    const found = installed[name];
    // Optional packages made for another platform are in the lockfile only.
    return found === undefined ? wanted.optional === true : found.version === wanted.version;
  });
}
