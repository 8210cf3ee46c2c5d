import { fail } from '../core/errors.ts';
import type { ModelTest, TestCell, TestRow, TestRows } from '../core/model-test.ts';
import { isAlias, isMap, isScalar, isSeq, type Document, type Node } from '../npm/yaml.ts';
import { z } from '../npm/zod.ts';
import { parseLocatedYaml, type LocatedYaml } from './located-yaml.ts';

const rowsSchema = z.array(z.record(z.string(), z.unknown()));

const testSchema = z.strictObject({
  given: z.record(z.string(), rowsSchema),
  expect: rowsSchema,
  ordered: z.boolean().optional(),
});

const testFileSchema = z.strictObject({
  model: z.string().min(1),
  tests: z.record(z.string().min(1), testSchema),
});

/**
 * Parses `tests/<name>.yml`, which tests one model. Throws `pipeline_invalid` with file and line.
 * @param name how messages call the file
 */
export function parseModelTests(text: string, name: string): { model: string; tests: ModelTest[] } {
  const located = parseLocatedYaml(testFileSchema, text, name);
  const { file, document } = located;
  /** The rows of a list, by the keys that lead to it, and where its own key stands. */
  const rowsAt = (path: readonly string[]): TestRows => {
    const { key, value } = findMember(document, path);
    return { where: located.locateNode(key), rows: readRows(located, value) };
  };
  const tests = Object.entries(file.tests).map(([test, { given, ordered }]) => ({
    name: test,
    model: file.model,
    where: located.locateNode(findMember(document, ['tests', test]).key),
    given: Object.keys(given).map((table) => ({
      name: table,
      ...rowsAt(['tests', test, 'given', table]),
    })),
    expected: rowsAt(['tests', test, 'expect']),
    ordered: ordered ?? false,
  }));
  if (tests.length === 0) {
    throw fail('pipeline_invalid', { message: 'The file has no test.', where: located.locate(['tests']) });
  }
  return { model: file.model, tests };
}

function readRows(located: LocatedYaml<unknown>, node: unknown): TestRow[] {
  const list = resolve(located.document, node);
  if (!isSeq(list)) return [];
  return list.items.map((item) => {
    const row = resolve(located.document, item);
    const cells = new Map<string, TestCell>();
    if (isMap(row)) {
      for (const { key, value } of row.items) {
        const name = isScalar(key) ? String(key.value) : String(key);
        cells.set(name, { text: cellText(located.document, value), where: located.locateNode(key) });
      }
    }
    return { where: located.locateNode(item), cells };
  });
}

/** A key may be a number to YAML, and is text here. */
function findMember(document: Document, path: readonly string[]): { key: unknown; value: unknown } {
  let found: { key: unknown; value: unknown } = { key: null, value: document.contents };
  for (const key of path) {
    const map = resolve(document, found.value);
    const pairs = isMap(map) ? map.items : [];
    found = pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === key) ?? {
      key: null,
      value: null,
    };
  }
  return found;
}

function resolve(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function cellText(document: Document, found: unknown): string | null {
  const node = resolve(document, found);
  if (!isScalar(node)) return node === null ? null : JSON.stringify((node as Node).toJS(document));
  if (node.value === null) return null;
  return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
}
