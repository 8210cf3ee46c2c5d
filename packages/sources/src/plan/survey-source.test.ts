import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { formatColumnType } from '@millrace/shared/core/column-type';
import { makeSource, makeTable } from '@millrace/shared/testing/make-declarations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { surveySource } from './survey-source.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-survey-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, content: string | Uint8Array) => {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), content);
};

describe('a survey of files', () => {
  it('takes the files of a folder by their extensions, compressed or not, sorted', async () => {
    await write('b.json', '{"a":1}');
    await write('a.jsonl.gz', gzipSync('{"a":1}'));
    await write('c.txt', 'not for us');
    await write('sub/d.json', '{"a":1}');
    const { inputs } = await surveySource(makeSource(), folder);
    expect(inputs.map(({ name, compression }) => [name, compression])).toEqual([
      ['a.jsonl.gz', 'gzip'],
      ['b.json', 'none'],
    ]);
  });

  it.each(['json', 'csv', 'sqlite', 'parquet'] as const)(
    'of type %s is left when it is told to',
    async (type) => {
      await write('some-file', 'of any content');
      const survey = surveySource(
        makeSource({ type, path: 'some-file' }),
        folder,
        undefined,
        undefined,
        AbortSignal.abort(new Error('left')),
      );
      await expect(survey).rejects.toThrow('left');
    },
  );

  it('takes a glob through folders, and a file whose name looks like one', async () => {
    await write('2026/01/x.json', '{"a":1}');
    await write('2026/02/x.json', '{"a":1}');
    await write('odd[1].json', '{"a":1}');
    expect((await surveySource(makeSource({ path: '2026/*/x.json' }), folder)).inputs).toHaveLength(2);
    expect((await surveySource(makeSource({ path: 'odd[1].json' }), folder)).inputs).toHaveLength(1);
  });

  it('takes a folder that exists for that folder, whatever its name looks like', async () => {
    await write('my [data] (1)/in {x}/a.json', '{"a":1}');
    const home = path.join(folder, 'my [data] (1)');
    expect((await surveySource(makeSource({ path: 'in {x}/*.json' }), home)).inputs).toHaveLength(1);
  });

  it('reads a file once that links give more names', async () => {
    await write('2026.json', '{"a":1}');
    await symlink('2026.json', path.join(folder, 'latest.json'));
    await symlink('.', path.join(folder, 'again'));
    for (const pattern of ['.', '**/*.json']) {
      const { inputs } = await surveySource(makeSource({ path: pattern }), folder);
      expect(inputs.map(({ name }) => name)).toEqual(['2026.json']);
    }
  });

  it('does not pass over a link to nowhere', async () => {
    await write('a.json', '{"a":1}');
    await symlink('gone.json', path.join(folder, 'b.json'));
    for (const pattern of ['.', '*.json']) {
      await expect(surveySource(makeSource({ path: pattern }), folder)).rejects.toMatchObject({
        code: 'source_unavailable',
        where: path.join(folder, 'b.json'),
      });
    }
  });

  it('refuses a named pipe and does not wait for it', async () => {
    execFileSync('mkfifo', [path.join(folder, 'pipe.json')]);
    await expect(surveySource(makeSource({ path: 'pipe.json' }), folder)).rejects.toMatchObject({
      code: 'not_regular_file',
    });
  });

  it('infers columns over files, and numbers its inputs', async () => {
    await write('a.json', '{"id":1,"when":"2026-11-22"}\n');
    await write('b.json', '{"id":2.5,"who":"x"}\n');
    const { tables, partitions } = await surveySource(makeSource(), folder);
    const types = tables[0]?.columns.map(({ name, type }) => `${name} ${formatColumnType(type)}`);
    expect(types).toEqual(['id double', 'when date', 'who text']);
    expect(tables[0]?.inferred).toBe(true);
    expect(partitions[0]?.read).toMatchObject({ kind: 'files', slices: [{ input: 0 }, { input: 1 }] });
  });

  it('puts many small files into few partitions', async () => {
    for (let index = 0; index < 50; index += 1) await write(`f${index}.json`, '{"a":1}\n');
    const { partitions, inputs } = await surveySource(makeSource(), folder);
    expect(inputs).toHaveLength(50);
    expect(partitions).toHaveLength(1);
  });

  it('refuses an empty file, naming it and the way out', async () => {
    await write('a.json', '');
    await expect(surveySource(makeSource(), folder)).rejects.toMatchObject({
      code: 'input_empty',
      where: path.join(folder, 'a.json'),
      hint: expect.stringContaining('allow_empty: true') as string,
    });
  });

  it.each(['json', 'csv'] as const)(
    'lists an empty %s file where that is allowed, and reads nothing of it',
    async (type) => {
      await write(`a.${type}`, '');
      await write(`b.${type}`, type === 'json' ? '{"a":1}\n' : 'a\n1\n');
      const wanted = makeSource({ type, allowEmpty: true });
      const { inputs, partitions } = await surveySource(wanted, folder);
      expect(inputs).toHaveLength(2);
      expect(partitions).toHaveLength(1);
      expect(partitions[0]?.read).toMatchObject({ slices: [{ input: 1 }] });
    },
  );

  it('says which files there are when none matches', async () => {
    await write('data/orders-1.json', '{}');
    await expect(surveySource(makeSource({ path: 'data/order-*.json' }), folder)).rejects.toMatchObject({
      code: 'input_not_found',
      hint: expect.stringContaining('orders-1.json') as string,
    });
    const none = await surveySource(
      makeSource({
        path: 'none/*.json',
        allowEmpty: true,
        tables: [makeTable('events', { columns: [] })],
      }),
      folder,
    ).catch((error: unknown) => error);
    expect(none).toMatchObject({ code: 'schema_mismatch' });
  });

  it('refuses a .gz that is not gzip, and one that is cut off', async () => {
    await write('a.json.gz', '{"a":1}');
    await expect(surveySource(makeSource(), folder)).rejects.toMatchObject({ code: 'file_format' });
    const whole = gzipSync('{"a":1}\n'.repeat(500));
    await write('a.json.gz', whole.subarray(0, whole.length - 9));
    await expect(surveySource(makeSource(), folder)).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});
