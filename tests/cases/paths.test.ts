import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { listFiles } from '@millrace/sources/discover/list-files';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { extractFolder, planFolder, writePipeline } from '../support/extract-folder.ts';

const COLUMNS = { a: { type: 'integer' } };
const RECORD = '{"a":1}\n';

let folder: string;
/** The pipeline; `data` in it is searched, and `outside` lies beside it. */
let home: string;
let outside: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-case-')));
  home = path.join(folder, 'home');
  outside = path.join(folder, 'outside');
  await mkdir(path.join(home, 'data'), { recursive: true });
  await mkdir(outside);
  await writeFile(path.join(outside, 'secret.json'), '{"a":7}\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const declare = (pattern: string, keys: Record<string, unknown> = {}) =>
  writePipeline(home, {
    sources: { data: { type: 'json', path: pattern, tables: { data: { columns: COLUMNS } }, ...keys } },
  });
const put = (name: string, text = RECORD) => writeFile(path.join(home, 'data', name), text);

/** The names of the files that are read, as people are shown them. */
async function names(pattern: string, keys: Record<string, unknown> = {}): Promise<string[]> {
  const { inputs } = await planFolder(await declare(pattern, keys));
  return inputs.map(({ name }) => name);
}

const refused = (code: string) => expect.objectContaining({ code }) as unknown;

describe('links', () => {
  test.each(['data/*.json', 'data', 'data/**/*.json'])(
    'B25 a link in a folder that leads out of it is refused: %s',
    async (pattern) => {
      await put('a.json');
      await symlink(path.join(outside, 'secret.json'), path.join(home, 'data/b.json'));
      await expect(names(pattern)).rejects.toMatchObject({
        code: 'path_outside_root',
        where: path.join(home, 'data/b.json'),
        message: expect.stringContaining(path.join(outside, 'secret.json')) as string,
      });
      expect(await names(pattern, { follow_symlinks: true })).toEqual(['data/a.json', 'data/b.json']);
    },
  );

  test('B25 a link to a folder outside is refused where its files would be searched', async () => {
    await put('a.json');
    await symlink(outside, path.join(home, 'data/more'));
    for (const pattern of ['data/**/*.json', 'data/*/*.json', 'data/m*/secret.json']) {
      await expect(names(pattern), pattern).rejects.toEqual(refused('path_outside_root'));
    }
    expect(await names('data/*.json')).toEqual(['data/a.json']);
    expect(await names('data/*/*.json', { follow_symlinks: true })).toEqual(['data/more/secret.json']);
  });

  test('B25 what the author of a pipeline writes may lead anywhere: by .., absolute, through links', async () => {
    await symlink(outside, path.join(home, 'linked'));
    await symlink(path.join(outside, 'secret.json'), path.join(home, 'latest.json'));
    const absolute = path.join(outside, 'secret.json');
    expect(await names('../outside/*.json')).toEqual([absolute]);
    expect(await names(`${outside}/*.json`)).toEqual([absolute]);
    expect(await names('linked/*.json')).toEqual(['linked/secret.json']);
    expect(await names('latest.json')).toEqual(['latest.json']);
    const { tables } = await extractFolder(await declare('latest.json'));
    expect(tables['data']).toEqual([{ a: 7n }]);
  });

  test('B25 links that stay inside are followed, and a file with several names is read once', async () => {
    await put('2026.json');
    await symlink('2026.json', path.join(home, 'data/latest.json'));
    await symlink('.', path.join(home, 'data/loop'));
    await mkdir(path.join(home, 'data/deep'));
    await symlink('..', path.join(home, 'data/deep/up'));
    for (const pattern of ['data', 'data/*.json', 'data/**/*.json']) {
      expect(await names(pattern), pattern).toEqual(['data/2026.json']);
    }
  });

  test('B25 a link to nowhere, or to itself, is not passed over', async () => {
    for (const target of ['gone.json', 'b.json']) {
      await put('a.json');
      await symlink(target, path.join(home, 'data/b.json'));
      await expect(names('data/*.json')).rejects.toMatchObject({
        code: 'source_unavailable',
        where: path.join(home, 'data/b.json'),
      });
      await rm(path.join(home, 'data/b.json'));
    }
  });

  test('B25 a folder that becomes a link between planning and reading is not entered', async () => {
    await put('a.json');
    const planned = await planFolder(await declare('data/*.json'));
    await rename(path.join(home, 'data'), path.join(home, 'moved'));
    await symlink(path.join(home, 'moved'), path.join(home, 'data'));
    const { statListed } = await import('@millrace/sources/discover/open-input');
    await expect(statListed(planned.inputs[0]?.path ?? '')).rejects.toEqual(refused('source_changed'));
  });
});

describe('what is no file', () => {
  test.each(['data/pipe.json', 'data/*.json', 'data'])(
    'B25 a named pipe is refused, not waited for: %s',
    async (pattern) => {
      execFileSync('mkfifo', [path.join(home, 'data/pipe.json')]);
      await expect(names(pattern)).rejects.toMatchObject({
        code: 'not_regular_file',
        message: expect.stringContaining('a named pipe') as string,
        where: path.join(home, 'data/pipe.json'),
      });
    },
  );

  test('B25 a socket and a device are refused', async () => {
    const server = createServer().listen(path.join(home, 'data/s.json'));
    try {
      await expect(names('data/*.json')).rejects.toEqual(refused('not_regular_file'));
    } finally {
      server.close();
    }
    await expect(names('/dev/zero')).rejects.toEqual(refused('not_regular_file'));
    await symlink('/dev/zero', path.join(home, 'zero.json'));
    await expect(names('zero.json')).rejects.toEqual(refused('not_regular_file'));
  });

  test('B25 a folder is searched for files, and one that is called like a file is none', async () => {
    await put('a.json');
    await mkdir(path.join(home, 'data/b.json'));
    expect(await names('data/*.json')).toEqual(['data/a.json']);
    expect(await names('data')).toEqual(['data/a.json']);
  });
});

describe('matches', () => {
  test('B25 no match fails, naming what is near, unless that is allowed', async () => {
    await put('orders.jsonl');
    await expect(names('data/*.json')).rejects.toMatchObject({
      code: 'input_not_found',
      hint: expect.stringContaining('orders.jsonl') as string,
    });
    expect(await names('data/*.json', { allow_empty: true })).toEqual([]);
  });

  test('B25 a tilde is not the home of anybody', async () => {
    await expect(names('~/data/*.json')).rejects.toMatchObject({
      code: 'input_not_found',
      hint: expect.stringContaining("'~' stands for itself") as string,
    });
  });

  test('B25 twenty thousand files are listed, each once', async () => {
    const count = 20_000;
    const data = path.join(home, 'data');
    execFileSync('sh', ['-c', `cd "$0" && seq -f '%06g.json' ${count} | xargs touch`, data]);
    const pipeline = compilePipeline(await readPipelineFolder(await declare('data/*.json')));
    const [source] = pipeline.sources;
    if (source === undefined) throw new Error('no source');
    const files = await listFiles(source, home);
    expect(files).toHaveLength(count);
    expect(files.at(-1)?.path).toBe(path.join(data, `0${count}.json`));
  });
});

describe('names', () => {
  const NAMES = [
    'new\nline.json',
    'carriage\rreturn.json',
    'quote".json',
    "apostrophe'.json",
    '$(touch x).json',
    '`id`.json',
    '100%s%n.json',
    '-rf.json',
    '--help.json',
    ' space .json',
    'back\\slash.json',
    'semi;colon&.json',
    'odd[1]{2}(3)!*?.json',
    '\u001b[31mred.json',
    'nfc-\u00e9.json',
    'nfd-e\u0301.json',
    '\u{1F600}\u202e.json',
    '#anchor?query.json',
    `${'x'.repeat(250)}.json`,
  ];

  test('B25 files of any name are read, and shown and kept under that name', async () => {
    for (const [index, name] of NAMES.entries()) await put(name, `{"a":${index}}\n{"a":"bad"}\n`);
    const { tables, rejects, plan } = await extractFolder(await declare('data/*.json'));
    const found = plan.inputs.map(({ name }) => name.slice('data/'.length));
    expect([...found].sort()).toEqual([...NAMES].sort());
    expect(tables['data']?.map((row) => NAMES[Number(row['a'])])).toEqual(found);
    expect(rejects.map(({ file }) => file.slice('data/'.length))).toEqual(found);
  });

  test('B25 each of them can be named by itself', async () => {
    for (const name of NAMES) {
      await put(name);
      expect(await names(`data/${name}`), JSON.stringify(name)).toEqual([`data/${name}`]);
    }
  });

  test('B25 names that differ only in their composition are two files', async () => {
    await put('\u00e9.json', '{"a":1}\n');
    await put('e\u0301.json', '{"a":2}\n');
    const { tables } = await extractFolder(await declare('data/*.json'));
    expect(tables['data']?.map((row) => row['a']).sort()).toEqual([1n, 2n]);
  });

  test('B25 a name that is not UTF-8 is refused, not passed over', async () => {
    await put('a.json');
    await writeFile(
      Buffer.concat([Buffer.from(`${home}/data/b`), Buffer.from([0xff]), Buffer.from('.json')]),
      RECORD,
    );
    await expect(names('data/*.json')).rejects.toMatchObject({
      code: 'source_unavailable',
      hint: expect.stringContaining('not to be valid UTF-8') as string,
    });
  });
});
