/**
 * Loaded before a worker's own code (`--import`), in each of its threads and child processes: stops the whole
 * process with SIGSTOP at a site. CHAOS_ARM names a file that holds a pattern; a site is what the process is about to do or
 * has done, such as `before link <path>` or `after exec COMMIT <database>`. Whoever meets it first takes the file away, renaming it
 * to `<file>.<pid>`, and stops.
 */
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';

const armFile = process.env['CHAOS_ARM'] ?? '';

/** @param {string} site */
function stopAt(site) {
  try {
    if (!new RegExp(fs.readFileSync(armFile, 'utf8')).test(site)) return;
    fs.renameSync(armFile, `${armFile}.${process.pid}`);
  } catch {
    // Nothing is armed, or another process was first.
    return;
  }
  process.kill(process.pid, 'SIGSTOP');
  // The signal may reach another thread first; this one must not go on meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}

/**
 * @template {object} T
 * @param {T} object
 * @param {keyof T & string} name
 * @param {(args: any[]) => string} describe
 */
function watch(object, name, describe) {
  const real = /** @type {Function} */ (object[name]);
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    value: /** @this {unknown} @param {any[]} args */ function (...args) {
      const site = describe.call(this, args);
      stopAt(`before ${site}`);
      const result = real.apply(this, args);
      if (!(result instanceof Promise)) {
        stopAt(`after ${site}`);
        return result;
      }
      return result.then((value) => {
        stopAt(`after ${site}`);
        return value;
      });
    },
  });
}

const link = (/** @type {any[]} */ [, to]) => `link ${to}`;
watch(fs.promises, 'link', link);
watch(fs, 'linkSync', link);
syncBuiltinESMExports();

const Database = createRequire(import.meta.url)('better-sqlite3');
watch(
  Database.prototype,
  'exec',
  /** @this {any} @param {any[]} args */ function ([sql]) {
    return `exec ${sql} ${this.name}`;
  },
);
