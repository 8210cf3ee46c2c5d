import { copyFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { isMillraceError } from '@millrace/shared/core/errors';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { doMessage, openTools } from './attempts/attempt.mjs';
import { look } from './attempts/lane-state.ts';
import { makeLane, type Lane } from './attempts/lane.ts';
import { SCENARIOS } from './attempts/scenarios.ts';
import { createDice, type Dice } from './harness/dice.ts';

/** Damage done to one file, or to two by changing their places. */
type Damage = (file: string, other: string, dice: Dice) => Promise<void>;

const DAMAGES: Readonly<Record<string, Damage>> = {
  async 'a flipped bit'(file, _, dice) {
    const bytes = await readFile(file);
    const at = dice.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ (1 << dice.between(0, 7));
    await writeFile(file, bytes);
  },
  async 'a missing end'(file, _, dice) {
    await truncate(file, dice.between(0, (await readFile(file)).length - 1));
  },
  'its absence': (file) => rm(file),
  async 'another in its place'(file, other) {
    await rename(file, `${file}.moved`);
    await copyFile(other, file);
    await rename(`${file}.moved`, other);
  },
};

/** Tries of each damage to each kind of file. */
const TRIES = 5;

const DETECTED = [
  'batch_corrupt',
  'batch_missing',
  'record_corrupt',
  'message_invalid',
  'bucket_unavailable',
];

interface Cases {
  /** The task that uses the files. */
  readonly shape: keyof typeof SCENARIOS;
  /** Of the run, as a pattern over their paths. */
  readonly files: RegExp;
}

const KINDS: Readonly<Record<string, Cases>> = {
  'staged objects, by a model': { shape: 'a model', files: /\/staged\/.*[.]parquet$/ },
  'manifests of extracts, by a model': { shape: 'a model', files: /\/tasks\/extract-[^/]*[.]json$/ },
  'the plan, by a model': { shape: 'a model', files: /\/plan[.]json$/ },
  'modeled objects, by a load': { shape: 'a load into files', files: /\/modeled\/.*[.]parquet$/ },
  'manifests, by a load': { shape: 'a load into files', files: /\/tasks\/[^/]*[.]json$/ },
  'the plan, by a load': { shape: 'a load into files', files: /\/plan[.]json$/ },
  'the request, by a load': { shape: 'a load into files', files: /\/request[.]json$/ },
};

const lanes = new Map<string, Lane>();
beforeAll(async () => {
  for (const shape of ['a model', 'a load into files'] as const) {
    lanes.set(shape, await makeLane({ ...SCENARIOS[shape], earlierRuns: 1 }));
  }
});
afterEach(() => Promise.all([...lanes.values()].map((lane) => lane.restore())));
afterAll(() => Promise.all([...lanes.values()].map((lane) => lane.remove())));

function laneOf(kind: string): Lane {
  return lanes.get(KINDS[kind]?.shape ?? '') ?? expect.fail(kind);
}

async function filesOf(lane: Lane, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(lane.bucket, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return files.filter((file) => pattern.test(file) && !path.basename(file).startsWith('.')).sort();
}

/** Files of the same kind and other content: runs of the same input make the same objects. */
async function filesUnlike(lane: Lane, victim: string): Promise<string[]> {
  const content = await readFile(victim);
  const unlike: string[] = [];
  for (const file of await filesOf(lane, victim.endsWith('.parquet') ? /[.]parquet$/ : /\/runs\/.*[.]json$/))
    if (!content.equals(await readFile(file))) unlike.push(file);
  return unlike;
}

/** What the lane's task ends with; workers are new, for what they remember is not read again. */
async function attempt(lane: Lane): Promise<unknown> {
  const { tools } = await openTools(lane.home);
  return doMessage(tools, lane.message, 'b0000000').then(
    () => null,
    (error: unknown) => error,
  );
}

describe('damage to a file of the bucket is found before the file is used, and the error names it:', () => {
  it.each(
    Object.keys(KINDS).flatMap((kind) => Object.keys(DAMAGES).map((damage) => [kind, damage] as const)),
  )(
    '%s: %s',
    async (kind, damage) => {
      const lane = laneOf(kind);
      const pattern = KINDS[kind]?.files ?? /^$/;
      const dice = createDice(kind.length * 100 + damage.length);
      for (let turn = 0; turn < TRIES; turn += 1) {
        const victim = dice.pick((await filesOf(lane, pattern)).filter((file) => file.includes(lane.run)));
        const other = dice.pick(await filesUnlike(lane, victim));
        await DAMAGES[damage]?.(victim, other, dice);
        const error = await attempt(lane);
        if (!isMillraceError(error)) throw new Error(`${victim} was used: ${String(error)}`);
        expect(DETECTED).toContain(error.code);
        const damaged = damage === 'another in its place' ? [victim, other] : [victim];
        const names = damaged.map((file) => path.basename(file, '.json'));
        expect(names.filter((name) => `${error.where ?? ''} ${error.message}`.includes(name))).not.toEqual(
          [],
        );
        expect(await look(lane)).toBe('nothing');
        await lane.restore();
      }
    },
    60_000,
  );
});

describe('what does not belong into a bucket', () => {
  const STRAYS: Readonly<Record<string, string>> = {
    'notes.txt': 'to do',
    'runs/README': 'nothing',
    'runs/.DS_Store': '',
    'runs/RUN/staged/points/copy of a batch.parquet': 'PAR1',
    'runs/RUN/staged/points/.0123456789ab.unfinished.parquet': 'PAR1',
    'runs/RUN/tasks/.0123456789ab.load-1.json': '{"v": 1',
    'runs/RUN/tasks/load-1.json.bak': '{}',
    'runs/RUN/tasks/another/load-1.json': '{}',
  };

  it('is not looked at, whether stray, foreign or left unfinished', async () => {
    const lane = laneOf('modeled objects, by a load');
    for (const [key, content] of Object.entries(STRAYS)) {
      const file = path.join(lane.bucket, key.replace('RUN', lane.run));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    expect(await attempt(lane)).toBeNull();
    expect(await look(lane)).toBe('all');
  });

  it.each(['plan.json', 'tasks/model-kept.json'])('of a newer version is named: %s', async (name) => {
    const lane = laneOf('modeled objects, by a load');
    const file = path.join(lane.bucket, 'runs', lane.run, name);
    const { crc32: _, ...known } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...known, v: 2, surprise: true }));
    expect(await attempt(lane)).toMatchObject({
      code: 'message_too_new',
      where: expect.stringContaining(name) as string,
    });
    expect(await look(lane)).toBe('nothing');
  });
});
