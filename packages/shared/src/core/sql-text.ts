/** An identifier as SQL text: quoted, so that any name is one identifier and nothing else. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as an SQL literal. DuckDB and SQLite give a backslash in it no meaning. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of strings as a DuckDB list literal. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteLiteral).join(', ')}]`;
}

/** Paths of files to be read, as a DuckDB list literal. */
export function quotePaths(paths: readonly string[]): string {
  return quoteList(paths.map(escapeGlob));
}

/** The pattern that DuckDB matches with this path alone: what looks like a glob in a path would else match other files. */
export function escapeGlob(path: string): string {
  return path.replaceAll(/[[*?]/g, (character) => `[${character}]`);
}
