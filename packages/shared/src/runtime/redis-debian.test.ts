import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { findRedis } from './redis-find.ts';
import { unpackRedis } from './redis-debian.ts';
import { provideRedis } from './redis-provide.ts';

let folder: string;
let cacheDir: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-debian-'));
  cacheDir = path.join(folder, 'cache');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const SERVER = '#!/bin/sh\necho "Redis server v=7"\n';
const BROKEN_SERVER = '#!/bin/sh\necho "error while loading shared libraries" >&2; exit 127\n';

/** A real archive that holds the script as redis-server, and a library folder. */
async function archive(server: string): Promise<string> {
  const root = path.join(folder, 'package');
  await mkdir(path.join(root, 'DEBIAN'), { recursive: true });
  await mkdir(path.join(root, 'usr/bin'), { recursive: true });
  await mkdir(path.join(root, 'usr/lib/x86_64-linux-gnu'), { recursive: true });
  await writeFile(
    path.join(root, 'DEBIAN/control'),
    'Package: redis-server\nVersion: 7\nArchitecture: all\nMaintainer: nobody\nDescription: none\n',
  );
  await writeFile(path.join(root, 'usr/bin/redis-server'), server);
  await chmod(path.join(root, 'usr/bin/redis-server'), 0o755);
  const file = path.join(folder, 'redis-server.deb');
  execFileSync('dpkg-deb', ['-b', root, file], { stdio: 'ignore' });
  return file;
}

/** A PATH whose apt-get writes its arguments to a file and runs `script` for `download`. */
async function withAptGet(script: string): Promise<{ env: NodeJS.ProcessEnv; calls: string }> {
  const bin = path.join(folder, 'bin');
  const calls = path.join(folder, 'calls');
  await mkdir(bin);
  const text = `#!/bin/sh
echo "$@" >> ${calls}
case "$*" in
  *--simulate*) echo "Inst libneeded (1.0)"; echo "Conf libneeded (1.0)" ;;
  *--print-uris*) echo "'http://mirror/one.deb' one.deb 1400000 SHA256:0"; echo "'http://mirror/two.deb' two.deb 100000" ;;
  *download*) ${script} ;;
esac
`;
  await writeFile(path.join(bin, 'apt-get'), text);
  await chmod(path.join(bin, 'apt-get'), 0o755);
  const tools = ['dpkg-deb', 'tar', 'sh', 'cp', 'cat', 'grep', 'rm', 'gzip', 'xz', 'zstd'];
  for (const tool of tools) {
    const found = execFileSync('sh', ['-c', `command -v ${tool} || true`], { encoding: 'utf8' }).trim();
    if (found !== '')
      await writeFile(path.join(bin, tool), `#!/bin/sh\nexec ${found} "$@"\n`, { mode: 0o755 });
  }
  return { env: { PATH: bin }, calls };
}

function isDebian(): boolean {
  try {
    execFileSync('dpkg-deb', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(isDebian())('the unpacked Debian package', () => {
  test('is found from then on, with its libraries, and leaves nothing else behind', async () => {
    const { env } = await withAptGet(`cp ${await archive(SERVER)} .`);
    const lines: string[] = [];
    const provided = await provideRedis({ env, cacheDir, log: (line) => lines.push(line) });
    const root = path.join(cacheDir, `redis-debian-${process.arch}`);
    expect(provided).toEqual({
      source: 'debian',
      command: path.join(root, 'usr/bin/redis-server'),
      libraryPath: path.join(root, 'usr/lib/x86_64-linux-gnu'),
    });
    expect(await findRedis({ PATH: '' }, cacheDir)).toEqual(provided);
    expect(await readdir(cacheDir)).toEqual([path.basename(root)]);
    expect(lines).toEqual(['fetching 3 Debian packages of redis, 1.5 MB; only once']);
  });

  test('brings the libraries that are not installed', async () => {
    const { env, calls } = await withAptGet(`cp ${await archive(SERVER)} .`);
    await unpackRedis({ cacheDir, env, log: () => undefined });
    const asked = execFileSync('cat', [calls], { encoding: 'utf8' });
    expect(asked).toMatch(/download redis-server redis-tools libneeded$/m);
  });

  test('is fetched after the package lists were refreshed, when they were stale', async () => {
    const deb = await archive(SERVER);
    const { env, calls } = await withAptGet(
      `if grep -q update ${path.join(folder, 'calls')}; then cp ${deb} .; else exit 100; fi`,
    );
    await unpackRedis({ cacheDir, env, log: () => undefined });
    const asked = execFileSync('cat', [calls], { encoding: 'utf8' }).trim().split('\n');
    expect(asked.map((line) => /simulate|print-uris|download|update/.exec(line)?.[0])).toEqual([
      'simulate',
      'print-uris',
      'download',
      'update',
      'simulate',
      'print-uris',
      'download',
    ]);
  });

  test('is not kept when its server does not run', async () => {
    const { env } = await withAptGet(`cp ${await archive(BROKEN_SERVER)} .`);
    await expect(provideRedis({ env, cacheDir, log: () => undefined })).rejects.toMatchObject({
      code: 'redis_not_found',
      message: expect.stringContaining('error while loading shared libraries') as unknown,
    });
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test('may be fetched by two processes at once', async () => {
    const { env } = await withAptGet(`cp ${await archive(SERVER)} .`);
    const options = { cacheDir, env, log: () => undefined };
    const [first, second] = await Promise.all([unpackRedis(options), unpackRedis(options)]);
    expect(first).toEqual(second);
  });
});
