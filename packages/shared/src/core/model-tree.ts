/**
 * What a model's SQL reads and calls, found in the syntax tree that DuckDB's `json_serialize_sql` gives. The walk
 * knows only the few node shapes below and goes through every other one, so that new syntax is not passed over.
 */
export type TreeFinding =
  | { readonly kind: 'table'; readonly name: string; readonly byteOffset: number | null }
  | { readonly kind: 'qualified_table'; readonly name: string; readonly byteOffset: number | null }
  | { readonly kind: 'table_function'; readonly name: string; readonly byteOffset: number | null }
  | { readonly kind: 'function'; readonly name: string; readonly byteOffset: number | null }
  /** DESCRIBE, SHOW or SUMMARIZE, also as a table in FROM. */
  | { readonly kind: 'show'; readonly name: string; readonly byteOffset: number | null };

type Node = Readonly<Record<string, unknown>>;

/** Table names in the scope of a query that are its own: those of WITH, in lower case. */
type Scope = ReadonlySet<string>;

/** All findings of one statement's tree in the order of the text, as far as the tree keeps it. */
export function readTree(tree: unknown): TreeFinding[] {
  const findings: TreeFinding[] = [];
  walk(tree, new Set(), findings);
  return findings;
}

/** The first place of a statement that its tree knows, as a byte offset. */
export function firstOffset(tree: unknown): number {
  if (Array.isArray(tree)) return Math.min(...tree.map(firstOffset), Infinity);
  if (!isNode(tree)) return Infinity;
  return Math.min(offsetOf(tree) ?? Infinity, ...Object.values(tree).map(firstOffset));
}

function walk(value: unknown, scope: Scope, findings: TreeFinding[]): void {
  if (Array.isArray(value)) for (const item of value) walk(item, scope, findings);
  if (!isNode(value)) return;
  const finding = findingOf(value, scope);
  if (finding !== null) findings.push(finding);
  const { cte_map: withClause, ...rest } = value;
  const inner = walkWith(withClause, scope, findings);
  for (const item of Object.values(rest)) walk(item, inner, findings);
}

/** Walks the queries of a WITH, each of which sees those before it, and returns the scope of what follows. */
function walkWith(withClause: unknown, scope: Scope, findings: TreeFinding[]): Scope {
  const entries = isNode(withClause) && Array.isArray(withClause['map']) ? withClause['map'] : [];
  let inner = scope;
  for (const entry of entries.filter(isNode)) {
    const name = String(entry['key']).toLowerCase();
    const named = new Set([...inner, name]);
    // Only a recursive query sees its own name; any other that names itself means the table outside.
    walk(entry['value'], isRecursive(entry['value']) ? named : inner, findings);
    inner = named;
  }
  return inner;
}

function isRecursive(value: unknown): boolean {
  const query = isNode(value) ? value['query'] : null;
  const node = isNode(query) ? query['node'] : null;
  return isNode(node) && node['type'] === 'RECURSIVE_CTE_NODE';
}

function findingOf(node: Node, scope: Scope): TreeFinding | null {
  const byteOffset = offsetOf(node);
  if (node['type'] === 'BASE_TABLE') {
    const name = String(node['table_name']);
    const qualifiers = [node['catalog_name'], node['schema_name']].filter((part) => part !== '');
    if (qualifiers.length > 0) {
      return { kind: 'qualified_table', name: [...qualifiers, name].join('.'), byteOffset };
    }
    return scope.has(name.toLowerCase()) ? null : { kind: 'table', name, byteOffset };
  }
  if (node['type'] === 'TABLE_FUNCTION') {
    const call = node['function'];
    const name = isNode(call) ? String(call['function_name']) : '';
    return { kind: 'table_function', name: name.toLowerCase(), byteOffset };
  }
  if (node['type'] === 'SHOW_REF') return { kind: 'show', name: String(node['show_type']), byteOffset };
  if (node['class'] === 'FUNCTION') {
    return { kind: 'function', name: String(node['function_name']).toLowerCase(), byteOffset };
  }
  return null;
}

/** DuckDB writes the largest 64-bit number where it knows no place. */
function offsetOf(node: Node): number | null {
  const offset = node['query_location'];
  return typeof offset === 'number' && Number.isSafeInteger(offset) ? offset : null;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
