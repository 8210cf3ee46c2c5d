import { expect, test } from 'vitest';

import { orderModels } from './model-graph.ts';

const model = (name: string, ...dependsOn: string[]) => ({ name, file: `models/${name}.sql`, dependsOn });
const names = (models: readonly { name: string }[]) => models.map(({ name }) => name);

test('puts models after what they read, and keeps the declared order otherwise', () => {
  const models = [
    model('report', 'daily', 'best'),
    model('best', 'orders'),
    model('daily', 'orders'),
    model('alone'),
  ];
  expect(names(orderModels(models))).toEqual(['daily', 'best', 'report', 'alone']);
  expect(names(orderModels([model('b'), model('a')]))).toEqual(['b', 'a']);
  expect(orderModels([])).toEqual([]);
});

test('names the circle and its files, without the models that only lead to it', () => {
  const models = [model('start', 'a'), model('a', 'orders', 'b'), model('b', 'c'), model('c', 'a')];
  expect(() => orderModels(models)).toThrow(
    expect.objectContaining({
      code: 'model_invalid',
      message: 'Models read each other in a circle: a -> b -> c -> a.',
      where: 'models/a.sql, models/b.sql, models/c.sql',
    }),
  );
  expect(() => orderModels([model('self', 'self')])).toThrow('self -> self');
});
