import type { z } from 'zod';

import { fail } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';
import { LineCounter, parseDocument, visit, type Document } from '../npm/yaml.ts';

type Path = readonly PropertyKey[];

/** A parsed YAML file that can say where each of its parts stands. */
export interface LocatedYaml<T> {
  readonly file: T;
  /** For parts whose text matters, and not only their value. */
  readonly document: Document;
  /** `pipeline.yml:12` of the deepest part of the path that exists. */
  readonly locate: (path: Path) => string;
  /** `pipeline.yml:12` of a node of the document. */
  readonly locateNode: (node: unknown) => string;
}

/**
 * Parses a YAML file of a pipeline folder. Throws `pipeline_invalid` with file and line; an unknown key is named
 * together with the nearest known one.
 * @param name how messages call the file
 */
export function parseLocatedYaml<T>(schema: z.ZodType<T>, text: string, name: string): LocatedYaml<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw fail('pipeline_invalid', {
      message: `Not valid YAML: ${broken.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}.`,
      where: `${name}:${lines.linePos(broken.pos[0]).line}`,
    });
  }
  refuseLostName(document, (offset) => `${name}:${lines.linePos(offset).line}`);
  const locate = (path: Path) => `${name}:${lineOf(document, lines, path)}`;
  const value: unknown = document.toJS();
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw describeIssue(parsed.error, { schema, value }, locate);
  const locateNode = (node: unknown) => `${name}:${lines.linePos(rangeStart(node) ?? 0).line}`;
  return { file: parsed.data, document, locate, locateNode };
}

/** The one name that an object of JavaScript would lose without a word. */
function refuseLostName(document: Document, place: (offset: number) => string): void {
  visit(document, {
    Pair(_, { key }) {
      if ((key as { value?: unknown } | null)?.value !== '__proto__') return;
      throw fail('pipeline_invalid', {
        message: "'__proto__' cannot be the name of anything.",
        where: place(rangeStart(key) ?? 0),
        hint: 'Give it another name, and say where its value comes from with `from: __proto__`.',
      });
    },
  });
}

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const inner = path.slice(0, length);
    const parent = document.getIn(inner.slice(0, -1), true);
    const key = inner.at(-1);
    const pair = findPair(parent, key);
    if (pair !== undefined) return lines.linePos(pair).line;
    const node = document.getIn(inner, true);
    const start = rangeStart(node);
    if (start !== undefined) return lines.linePos(start).line;
  }
  return 1;
}

function findPair(parent: unknown, key: PropertyKey | undefined): number | undefined {
  if (typeof parent !== 'object' || parent === null || !('items' in parent) || !Array.isArray(parent.items))
    return undefined;
  for (const item of parent.items as unknown[]) {
    if (typeof item !== 'object' || item === null || !('key' in item)) continue;
    const node = item.key as { value?: unknown } | null;
    if (String(node?.value) === String(key)) return rangeStart(node);
  }
  return undefined;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return undefined;
  return node.range[0] as number;
}

/** A schema and what was held against it. */
interface Judged {
  readonly schema: unknown;
  readonly value: unknown;
}

function describeIssue(error: z.ZodError, judged: Judged, locate: (path: Path) => string): Error {
  const issue = innermost(likeliest(error.issues));
  if (issue === undefined)
    return fail('pipeline_invalid', { message: 'The file is not valid.', where: locate([]) });
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = knownKeys(issue.path, judged);
    return fail('pipeline_invalid', {
      message: `Unknown key '${key}'${inPath(issue.path)}.${didYouMean(key, known)}`,
      where: locate([...issue.path, key]),
      hint: known.length > 0 ? `Allowed here: ${known.join(', ')}.` : undefined,
    });
  }
  return fail('pipeline_invalid', {
    message: `${issue.path.join('.') || 'The file'}: ${issue.message}.`,
    where: locate(issue.path),
  });
}

/** Where a key is missing and another one is not known, the second is the first, written wrongly. */
function likeliest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const parent = JSON.stringify(issues[0]?.path.slice(0, -1));
  const mistyped = issues.find(
    ({ code, path }) => code === 'unrecognized_keys' && JSON.stringify(path) === parent,
  );
  return mistyped ?? issues[0];
}

/** A union reports the faults of each of its members; the member that got furthest tells most. */
function innermost(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union') return issue;
  const members = issue.errors.map((issues) => innermost(issues[0])).filter((member) => member !== undefined);
  const deepest = members.sort((a, b) => b.path.length - a.path.length || rank(b) - rank(a))[0];
  return deepest === undefined ? issue : { ...deepest, path: [...issue.path, ...deepest.path] };
}

function rank(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? 1 : 0;
}

function inPath(path: Path): string {
  return path.length === 0 ? '' : ` in ${path.join('.')}`;
}

/** Keys that the schema allows at a path; empty where any key is allowed. */
function knownKeys(path: Path, judged: Judged): string[] {
  let { schema, value: current } = judged;
  for (const key of path) {
    schema = step(schema, key, current);
    current =
      typeof current === 'object' && current !== null
        ? (current as Record<PropertyKey, unknown>)[key]
        : undefined;
  }
  return shapeKeys(schema, current);
}

interface SchemaDefinition {
  readonly type?: string;
  readonly shape?: Record<string, unknown>;
  readonly innerType?: unknown;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
}

function definition(schema: unknown): SchemaDefinition {
  return (schema as { def?: SchemaDefinition } | undefined)?.def ?? {};
}

function unwrap(schema: unknown): unknown {
  const { innerType } = definition(schema);
  return innerType === undefined ? schema : unwrap(innerType);
}

function step(schema: unknown, key: PropertyKey, value: unknown): unknown {
  const inner = definition(unwrap(schema));
  if (inner.options !== undefined) return step(chooseOption(inner.options, value), key, value);
  return inner.shape?.[String(key)] ?? inner.valueType ?? inner.element;
}

function chooseOption(options: readonly unknown[], value: unknown): unknown {
  if (Array.isArray(value))
    return options.find((option) => definition(option).type === 'array') ?? options[0];
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  const flat = options.flatMap((option) => definition(option).options ?? [option]);
  const byType = flat.find((option) => {
    const literal = definition(definition(option).shape?.['type']) as { values?: readonly unknown[] };
    return literal.values?.includes(type) ?? false;
  });
  return byType ?? flat.find((option) => definition(option).shape !== undefined) ?? flat[0];
}

function shapeKeys(schema: unknown, value: unknown): string[] {
  const inner = definition(unwrap(schema));
  if (inner.options !== undefined) return shapeKeys(chooseOption(inner.options, value), value);
  return Object.keys(inner.shape ?? {});
}
