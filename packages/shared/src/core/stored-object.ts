import { bucketLayout } from './bucket-layout.ts';
import type { Plan } from './plan.ts';

/** An object as the bucket lists it, for those who remove what nobody needs. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** When it was written last, in milliseconds since the epoch, by the clock of the store. */
  readonly modifiedMs: number;
  /** What a writer has begun and not sealed: nobody can name it. It has a key only to be removed by. */
  readonly isDraft: boolean;
}

/** Data that a task has made or a killed try of it has left: an object with the id of its task. */
export interface OwnedObject extends StoredObject {
  readonly task: string;
  /** Whether it holds rejects instead of rows. */
  readonly isRejects: boolean;
}

/** Finds the task of a data object of a run; null for drafts, records of the run, and what millrace has not made. */
export function createOwnerFinder(plan: Plan): (object: StoredObject) => OwnedObject | null {
  const run = bucketLayout.run(plan.run);
  const tasks = new Set(plan.tasks.map(({ id }) => id));
  const models = new Map(
    plan.tasks.flatMap((task) => (task.kind === 'model' ? [[task.model, task.id]] : [])),
  );
  const ownerOf = (folder: string, names: readonly string[]): string | undefined => {
    const [first = '', second = ''] = names;
    if (folder === 'modeled') return models.get(first);
    const id = (folder === 'staged' ? second : first).split('.', 1)[0] ?? '';
    return tasks.has(id) ? id : undefined;
  };
  return (object) => {
    if (object.isDraft || !object.key.startsWith(run)) return null;
    const [folder = '', ...names] = object.key.slice(run.length).split('/');
    if (!Object.hasOwn(DEPTHS, folder) || names.length !== DEPTHS[folder]) return null;
    const task = ownerOf(folder, names);
    return task === undefined ? null : { ...object, task, isRejects: folder === 'rejected' };
  };
}

/** Folders of data in a run, and how many names follow. */
const DEPTHS: Readonly<Record<string, number>> = { staged: 2, modeled: 2, rejected: 1, failures: 1 };
