import { fail } from '../core/errors.ts';
import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  parseDocument,
  type Pair,
  type YAMLMap,
} from '../npm/yaml.ts';

/**
 * Changes of a YAML text that leave all else as it stands, byte for byte: the document only says where things are, and is
 * never written. Throws `pipeline_invalid` where the map is not written out in its place, as with aliases.
 */
type Path = readonly string[];

/** A key of a map with its value, as YAML. */
export interface YamlEntry {
  readonly key: string;
  readonly value: string;
}

/** Adds an entry behind the last one of a map, in the way in which the others are written. */
export function addEntry(text: string, path: Path, { key, value }: YamlEntry): string {
  const map = requireMap(text, path);
  const last = map.items.at(-1);
  const written = `${key}: ${value}`;
  if (last === undefined) {
    const [start, end] = rangeOf(map, path);
    return splice(text, start, end, `{ ${written} }`);
  }
  const end = contentEnd(text, last, path);
  if (map.flow === true) return splice(text, end, end, `, ${written}`);
  const keyStart = rangeOf(last.key, path)[0];
  const indent = ' '.repeat(keyStart - lineStart(text, keyStart));
  const lineEnd = endOfLine(text, end);
  return splice(text, lineEnd, lineEnd, `\n${indent}${written}`);
}

/** Removes an entry together with its comment in the same line. */
export function removeEntry(text: string, path: Path, key: string): string {
  const map = requireMap(text, path);
  const index = map.items.findIndex((pair) => keyOf(pair) === key);
  const pair = map.items[index];
  if (pair === undefined) throw unwritten(path, `It has no '${key}'.`);
  if (map.items.length === 1) throw unwritten(path, `'${key}' is all that it has.`);
  const start = rangeOf(pair.key, path)[0];
  const end = contentEnd(text, pair, path);
  if (map.flow !== true) {
    const after = Math.min(endOfLine(text, end) + 1, text.length);
    return splice(text, lineStart(text, start), after, '');
  }
  const before = map.items[index - 1];
  const next = map.items[index + 1];
  if (before !== undefined) return splice(text, contentEnd(text, before, path), end, '');
  return splice(text, start, rangeOf(next?.key, path)[0], '');
}

/** Writes another plain value in the place of the one that stands there. */
export function replaceValue(text: string, path: Path, value: string): string {
  const node: unknown = parseDocument(text).getIn(path, true);
  if (!isScalar(node)) throw unwritten(path, 'It is not a plain value.');
  const [start, end] = rangeOf(node, path);
  return splice(text, start, end, value);
}

/** Whether a map has a key. */
export function hasEntry(text: string, path: Path, key: string): boolean {
  return requireMap(text, path).items.some((pair) => keyOf(pair) === key);
}

function requireMap(text: string, path: Path): YAMLMap {
  const node: unknown = parseDocument(text).getIn(path, true);
  if (isMap(node)) return node;
  throw unwritten(path, 'It is not written out there.');
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

/** Behind the last character of a node that is not a comment or a line end. */
function contentEnd(text: string, node: unknown, path: Path): number {
  if (isPair(node)) return contentEnd(text, hasRange(node.value) ? node.value : node.key, path);
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (last !== undefined) return contentEnd(text, last, path);
  }
  const [start, end] = rangeOf(node, path);
  return start + text.slice(start, end).trimEnd().length;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

function rangeOf(node: unknown, path: Path): readonly [start: number, end: number, ...rest: number[]] {
  if (hasRange(node)) return node.range;
  throw unwritten(path, 'It is not written out there.');
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function endOfLine(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found === -1 ? text.length : found;
}

function splice(text: string, start: number, end: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end);
}

function unwritten(path: Path, why: string): Error {
  return fail('pipeline_invalid', {
    message: `The file cannot be changed at ${path.join('.')}. ${why}`,
    where: 'pipeline.yml',
    hint: 'Change it by hand.',
  });
}
