import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { BatchReference } from '../core/batch.ts';
import type { Bucket } from '../ports/bucket.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What every bucket must do. Runs against each adapter. */
export function testBucket(
  name: string,
  setup: () => Promise<{ open: () => Promise<Bucket>; teardown: () => Promise<void> }>,
): void {
  describe(name, () => {
    let bucket: Bucket;
    let open: () => Promise<Bucket>;
    let teardown: () => Promise<void>;

    beforeEach(async () => {
      ({ open, teardown } = await setup());
      bucket = await open();
    });
    afterEach(() => teardown());

    it('has nothing at first', async () => {
      expect(await bucket.read('a/b.json')).toBeNull();
      expect(await bucket.exists('a/b.json')).toBe(false);
      expect(await bucket.size('a/b.json')).toBeNull();
      expect(await bucket.list('a/')).toEqual([]);
    });

    it('creates an object once; the first content stays', async () => {
      expect(await bucket.createIfAbsent('a/b.json', bytes('one'))).toBe(true);
      expect(await bucket.size('a/b.json')).toBe(3);
      expect(await bucket.size('a')).toBeNull();
      expect(await bucket.createIfAbsent('a/b.json', bytes('two'))).toBe(false);
      expect(new TextDecoder().decode((await bucket.read('a/b.json')) ?? bytes(''))).toBe('one');
    });

    it('lets exactly one of many concurrent creators win, also over two connections', async () => {
      const other = await open();
      const tries = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? bucket : other).createIfAbsent('race.json', bytes(String(index))),
      );
      const won = (await Promise.all(tries)).flatMap((created, index) => (created ? [index] : []));
      expect(won).toHaveLength(1);
      expect(new TextDecoder().decode((await bucket.read('race.json')) ?? bytes(''))).toBe(String(won[0]));
    });

    it('replaces a pointer whole', async () => {
      await bucket.replace('p.json', bytes('one'));
      await bucket.replace('p.json', bytes('two'));
      expect(new TextDecoder().decode((await bucket.read('p.json')) ?? bytes(''))).toBe('two');
    });

    it('says how much can still be written, where that has a bound', async () => {
      const free = await bucket.freeBytes();
      expect(free === null || (Number.isSafeInteger(free) && free > 0)).toBe(true);
    });

    it('lists direct children, sorted, folders with a slash', async () => {
      for (const key of ['runs/b/plan.json', 'runs/a/plan.json', 'runs/a/tasks/x.json', 'runs/z.json']) {
        await bucket.createIfAbsent(key, bytes('{}'));
      }
      expect(await bucket.list('runs/')).toEqual(['runs/a/', 'runs/b/', 'runs/z.json']);
      expect(await bucket.list('runs/a/')).toEqual(['runs/a/plan.json', 'runs/a/tasks/']);
    });

    it('shows a draft to nobody until it is sealed', async () => {
      const draft = await bucket.draft('data/x.parquet');
      await writeFile(draft.path, 'rows');
      expect(await bucket.exists('data/x.parquet')).toBe(false);
      expect(await bucket.list('data/')).toEqual([]);
      const reference = await draft.seal(7);
      expect(reference).toEqual({
        key: 'data/x.parquet',
        format: 'parquet',
        rows: 7,
        bytes: 4,
        sha256: sha256('rows'),
      });
      expect(await readFile(await bucket.open(reference), 'utf8')).toBe('rows');
    });

    const batch = (name: string, text: string) => ({
      key: `data/${name}.parquet`,
      rows: 3,
      content: bytes(text),
    });

    it('creates many batches at once, in the order given', async () => {
      const many = Array.from({ length: 100 }, (_, index) => batch(String(index), `rows ${index}`));
      const references = await bucket.createBatches(many);
      expect(references).toEqual(
        many.map(({ key, rows }, index) => ({
          key,
          format: 'parquet',
          rows,
          bytes: `rows ${index}`.length,
          sha256: sha256(`rows ${index}`),
        })),
      );
      expect(await readFile(await bucket.open(references[42] as BatchReference), 'utf8')).toBe('rows 42');
      expect(await bucket.list('data/')).toHaveLength(100);
      expect(await bucket.createBatches([])).toEqual([]);
    });

    it('creates all of many batches or none, and never replaces one', async () => {
      const [kept] = await bucket.createBatches([batch('kept', 'first')]);
      await expect(
        bucket.createBatches([batch('before', 'x'), batch('kept', 'second'), batch('behind', 'x')]),
      ).rejects.toMatchObject({ code: 'bucket_unavailable', where: 'data/kept.parquet' });
      expect(await bucket.list('data/')).toEqual(['data/kept.parquet']);
      expect(await readFile(await bucket.open(kept as BatchReference), 'utf8')).toBe('first');
    });

    it('creates none of many batches when the signal comes first, and throws its reason', async () => {
      const stop = new AbortController();
      const many = Array.from({ length: 100 }, (_, index) => batch(String(index), `rows ${index}`));
      const creating = bucket.createBatches(many, stop.signal);
      const reason = new Error('the service stops');
      stop.abort(reason);
      await expect(creating).rejects.toBe(reason);
      expect(await bucket.scan('data/')).toEqual([]);
    });

    it('leaves nothing of a draft that is discarded', async () => {
      const draft = await bucket.draft('data/x.parquet');
      await writeFile(draft.path, 'rows');
      await draft.discard();
      await draft.discard();
      expect(await bucket.exists('data/x.parquet')).toBe(false);
      await expect(readFile(draft.path)).rejects.toThrow('ENOENT');
    });

    it('never lets a second draft replace a sealed object', async () => {
      const [first, second] = [await bucket.draft('data/x.parquet'), await bucket.draft('data/x.parquet')];
      await writeFile(first.path, 'one');
      await writeFile(second.path, 'two');
      const reference = await first.seal(1);
      await expect(second.seal(1)).rejects.toMatchObject({ code: 'bucket_unavailable' });
      expect(await readFile(await bucket.open(reference), 'utf8')).toBe('one');
    });

    it('refuses a batch that was changed, cut or removed, naming the object', async () => {
      const draft = await bucket.draft('data/x.parquet');
      await writeFile(draft.path, 'rows');
      const reference = await draft.seal(1);
      const path = await bucket.open(reference);
      await writeFile(path, 'rowz');
      await expect(bucket.open(reference)).rejects.toMatchObject({
        code: 'batch_corrupt',
        retry: 'after_change',
      });
      await writeFile(path, 'row');
      await expect(bucket.open(reference)).rejects.toMatchObject({ code: 'batch_corrupt' });
      await rm(path);
      await expect(bucket.open(reference)).rejects.toMatchObject({ code: 'batch_missing' });
    });

    it('scans a prefix at any depth with sizes and ages, drafts too', async () => {
      const before = Date.now();
      await bucket.createIfAbsent('data/one/x.json', bytes('{}'));
      await bucket.createBatches([batch('y', 'rows')]);
      await bucket.createIfAbsent('database/z.json', bytes('{}'));
      const draft = await bucket.draft('data/two/w.parquet');
      await writeFile(draft.path, 'begun');
      const found = await bucket.scan('data/');
      const sealed = found.filter(({ isDraft }) => !isDraft);
      expect(sealed.map(({ key, sizeBytes }) => [key, sizeBytes]).sort()).toEqual([
        ['data/one/x.json', 2],
        ['data/y.parquet', 4],
      ]);
      expect(found.filter(({ isDraft }) => isDraft).map(({ sizeBytes }) => sizeBytes)).toEqual([5]);
      for (const { modifiedMs } of found) expect(Math.abs(modifiedMs - before)).toBeLessThan(60_000);
      expect(await bucket.scan('nothing/')).toEqual([]);
    });

    it('removes what it has scanned, once or twice, and a prefix only when nothing stands under it', async () => {
      await bucket.createBatches([batch('deep/x', 'rows'), batch('y', 'rows')]);
      const draft = await bucket.draft('data/deep/w.parquet');
      await writeFile(draft.path, 'begun');
      await bucket.remove('data/deep/');
      expect(await bucket.scan('data/deep/')).toHaveLength(2);
      for (const { key } of await bucket.scan('data/deep/')) {
        await bucket.remove(key);
        await bucket.remove(key);
      }
      await bucket.remove('data/deep/');
      await bucket.remove('data/deep/');
      expect(await bucket.list('data/')).toEqual(['data/y.parquet']);
      await expect(draft.seal(1)).rejects.toMatchObject({ code: 'bucket_unavailable' });
    });

    it.each(['../x', 'a/../../x', '/etc/passwd', './x'])('refuses the key %s', async (key) => {
      await expect(bucket.read(key)).rejects.toMatchObject({ code: 'bucket_unavailable' });
    });
  });
}
