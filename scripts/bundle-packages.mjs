/**
 * Replaces what tsc made of packages/shared/src/npm by the packages themselves, one file each: Node then reads a dozen
 * files where it read seven hundred, which was most of what a process needed to start. Without this step everything
 * works as well, and starts later (docs/decisions/0040-bundled-packages.md).
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SOURCES = path.join(ROOT, 'packages/shared/src/npm');
const BUNDLES = path.join(ROOT, 'packages/shared/dist/npm');

/** Native code, which is loaded from its own folder. */
const EXTERNAL = ['@duckdb/node-bindings', 'msgpackr-extract'];

/** Whether the bundles are made of the packages that package-lock.json names. */
export function packagesAreBundled() {
  const mark = markOf(entries());
  return entries().every((name) => {
    const file = path.join(BUNDLES, `${name}.js`);
    return existsSync(file) && readFileSync(file, 'utf8').startsWith(mark);
  });
}

async function bundlePackages() {
  // Not at the top: `packagesAreBundled` is asked where nothing may be installed yet.
  const { build } = await import('rolldown');
  const names = entries();
  await build({
    input: Object.fromEntries(names.map((name) => [name, path.join(SOURCES, `${name}.ts`)])),
    platform: 'node',
    external: EXTERNAL,
    logLevel: 'warn',
    output: {
      dir: BUNDLES,
      format: 'esm',
      banner: markOf(names),
      entryFileNames: '[name].js',
      chunkFileNames: 'parts/[name].js',
    },
  });
}

/** Each is a package, by the name of the file that says what millrace takes from it. */
function entries() {
  return readdirSync(SOURCES).map((file) => path.basename(file, '.ts'));
}

/**
 * The first line of each bundle.
 *
 * @param {readonly string[]} names
 */
function markOf(names) {
  const hash = createHash('sha256');
  const files = names.map((name) => path.join(SOURCES, `${name}.ts`));
  for (const file of [fileURLToPath(import.meta.url), path.join(ROOT, 'package-lock.json'), ...files])
    hash.update(readFileSync(file));
  return `// Bundled by scripts/bundle-packages.mjs from ${hash.digest('hex')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !packagesAreBundled()) await bundlePackages();
