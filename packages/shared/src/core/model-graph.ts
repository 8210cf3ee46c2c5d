import { fail } from './errors.ts';

export interface GraphModel {
  readonly name: string;
  readonly file: string;
  /** Names of models and of other tables; those that are no model are passed over. */
  readonly dependsOn: readonly string[];
}

/**
 * Models in an order in which each comes after those it reads; otherwise as declared, so that the same pipeline
 * gives the same plan. Throws `model_invalid` that names a circle and its files.
 */
export function orderModels<T extends GraphModel>(models: readonly T[]): T[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  const ordered: T[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (model: T, path: readonly T[]): void => {
    if (state.get(model.name) === 'done') return;
    if (state.get(model.name) === 'visiting') throw circle([...path.slice(path.indexOf(model)), model]);
    state.set(model.name, 'visiting');
    for (const name of model.dependsOn) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency, [...path, model]);
    }
    state.set(model.name, 'done');
    ordered.push(model);
  };
  for (const model of models) visit(model, []);
  return ordered;
}

function circle(path: readonly GraphModel[]): Error {
  const files = [...new Set(path.map((model) => model.file))];
  return fail('model_invalid', {
    message: `Models read each other in a circle: ${path.map((model) => model.name).join(' -> ')}.`,
    where: files.join(', '),
    hint: 'Take one of the references out, or move what both need into a model of its own.',
  });
}
