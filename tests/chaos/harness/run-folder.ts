import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Milestone } from '../fault.ts';

/** The parts of a plan and of a manifest that are looked at here; read as plain JSON, not by millrace's own code. */
interface PlannedTask {
  readonly id: string;
  readonly kind: 'extract' | 'model' | 'check' | 'load';
  readonly source?: string;
}

interface BatchFacts {
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ManifestFacts {
  readonly task: string;
  readonly kind: PlannedTask['kind'];
  readonly attempt: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outputs: readonly { readonly table: string; readonly batches: readonly BatchFacts[] }[];
  readonly extracted: {
    readonly files: readonly {
      readonly input: number;
      readonly seen: number;
      readonly accepted: number;
      readonly rejected: number;
    }[];
    readonly rejects: { readonly batches: readonly BatchFacts[] };
    readonly reused: unknown;
  } | null;
}

/** What the folder of a run in the bucket shows at this moment. */
export interface RunFolder {
  readonly path: string;
  tasks(): readonly PlannedTask[] | null;
  /** Sources of the plan's inputs, by index. */
  inputSources(): readonly string[];
  manifests(): readonly ManifestFacts[];
  hasReached(milestone: Milestone): boolean;
  /** Objects, finished or not, that no manifest names. */
  orphans(): number;
}

export function openRunFolder(bucket: string, run: string): RunFolder {
  const folder = path.join(bucket, 'runs', run);
  const list = (name: string) => listFolder(path.join(folder, name));
  const plan = () =>
    readJson(path.join(folder, 'plan.json')) as {
      readonly tasks: PlannedTask[];
      readonly inputs: readonly { readonly source: string }[];
    } | null;
  const manifests = () =>
    list('tasks').map((name) => readJson(path.join(folder, 'tasks', name)) as unknown as ManifestFacts);
  const done = () => new Set(list('tasks').map((name) => name.replace(/[.]json$/, '')));
  return {
    path: folder,
    tasks: () => plan()?.tasks ?? null,
    inputSources: () => plan()?.inputs.map(({ source }) => source) ?? [],
    manifests,
    orphans() {
      const objects = ['staged', 'modeled'].flatMap((stage) =>
        list(stage).flatMap((table) => listAll(path.join(folder, stage, table))),
      );
      const named = new Set(manifests().flatMap(({ outputs }) => outputs.flatMap(namesOf)));
      return objects.filter((name) => !named.has(name)).length;
    },
    hasReached(milestone) {
      switch (milestone) {
        case 'requested':
          return existsSync(path.join(folder, 'request.json'));
        case 'planned':
          return existsSync(path.join(folder, 'plan.json'));
        case 'reading':
          return list('staged').some((table) => listAll(path.join(folder, 'staged', table)).length > 0);
        case 'staged':
          return list('tasks').some((name) => name.startsWith('extract-'));
        case 'modeling':
          return list('modeled').length > 0;
        case 'loading': {
          const before = plan()?.tasks.filter(({ kind }) => kind !== 'load');
          const finished = done();
          return before?.every(({ id }) => finished.has(id)) ?? false;
        }
      }
    },
  };
}

const namesOf = ({ batches }: ManifestFacts['outputs'][number]) =>
  batches.map(({ key }) => path.basename(key));

function readJson(file: string): Readonly<Record<string, unknown>> | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : null;
}

const listAll = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
/** Without what writers have not finished. */
const listFolder = (folder: string) => listAll(folder).filter((name) => !name.startsWith('.'));
