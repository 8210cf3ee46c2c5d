import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { packagesAreBundled } from './bundle-packages.mjs';

const SHARED = path.join(import.meta.dirname, '../packages/shared');
const PACKAGES = readdirSync(path.join(SHARED, 'src/npm')).map((file) => path.basename(file, '.ts'));

/** Native code, and other databases that BullMQ can use where they are installed. */
const NOT_BUNDLED = ['@duckdb/node-bindings', 'msgpackr-extract', '@valkey/valkey-glide', 'pg'];

describe('the bundles of packages', () => {
  it('are made of the packages that the lockfile names', () => {
    expect(packagesAreBundled()).toBe(true);
  });

  it('have what their sources name', () => {
    const exported = PACKAGES.map((name) =>
      namesIn(readFileSync(path.join(SHARED, 'src/npm', `${name}.ts`), 'utf8')),
    );
    expect(importAll()).toEqual(exported);
  });

  it.each(PACKAGES)('that of %s loads no other package, except native code', (name) => {
    const text = readFileSync(path.join(SHARED, 'dist/npm', `${name}.js`), 'utf8');
    const loaded = [...text.matchAll(/^import .*"([^"]+)";$|__require\("([^"]+)"\)/gm)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    const others = loaded.filter((from) => !from.startsWith('.') && !isBuiltin(from));
    expect(others.filter((from) => !NOT_BUNDLED.includes(from))).toEqual([]);
  });
});

/** Of `export { a, type B, c } from '…'`: a and c, which exist when it runs. */
function namesIn(source: string): string[] {
  const words = /\{([^}]*)\}/.exec(source)?.[1]?.split(',') ?? [];
  return words
    .map((word) => word.trim())
    .filter((word) => word !== '' && !word.startsWith('type '))
    .sort();
}

/** In Node itself: Vitest would transform what it imports. */
function importAll(): unknown {
  const files = PACKAGES.map((name) => pathToFileURL(path.join(SHARED, 'dist/npm', `${name}.js`)).href);
  const script = `const all = await Promise.all(${JSON.stringify(files)}.map((file) => import(file)));
    console.log(JSON.stringify(all.map((module) => Object.keys(module).sort())));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  );
}
