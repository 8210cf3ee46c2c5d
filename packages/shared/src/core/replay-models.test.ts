import { expect, test } from 'vitest';

import { replayModels } from './replay-models.ts';

const model = (name: string, ...dependsOn: string[]) => ({ name, file: `models/${name}.sql`, dependsOn });
const sets = (models: ReturnType<typeof model>[], ...replayed: string[]) => {
  const { fed, computed, tables } = replayModels(models, new Set(replayed));
  return { fed: [...fed].sort(), computed: [...computed].sort(), tables: [...tables].sort() };
};

test('only models that the replayed records reach are fed, and what they join is computed with them', () => {
  const models = [
    model('daily', 'orders'),
    model('best', 'daily', 'segments'),
    model('segments', 'customers'),
    model('stock', 'products'),
  ];
  expect(sets(models, 'orders')).toEqual({
    fed: ['best', 'daily'],
    computed: ['best', 'daily', 'segments'],
    tables: ['customers', 'orders'],
  });
});

test('nothing is computed when no model reads the replayed records', () => {
  expect(sets([model('stock', 'products')], 'orders')).toEqual({ fed: [], computed: [], tables: [] });
});

test('models in a circle are no endless walk', () => {
  expect(sets([model('a', 'b'), model('b', 'a', 'orders')], 'orders').fed).toEqual(['a', 'b']);
});
