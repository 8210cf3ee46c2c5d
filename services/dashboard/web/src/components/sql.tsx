const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|("(?:[^"]|"")*")|\b(\d+(?:\.\d+)?)\b|\b([a-z_][a-z0-9_]*)\b/gi;
const KEYWORDS = new Set(
  (
    'select from where group by having order limit offset with as on using join inner left right full outer cross ' +
    'union all distinct case when then else end and or not in is null true false between like ilike over partition ' +
    'rows range preceding following current row filter cast try_cast interval date timestamp exists except intersect ' +
    'qualify window asc desc nulls first last values lateral unnest recursive'
  ).split(' '),
);

/** SQL with its keywords, texts, numbers and comments told apart. */
export function Sql({ text }: { readonly text: string }) {
  const parts: (string | preact.JSX.Element)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const kind = kindOf(match);
    if (kind === null) continue;
    parts.push(text.slice(end, match.index), <span class={`sql-${kind}`}>{match[0]}</span>);
    end = match.index + match[0].length;
  }
  return (
    <pre class="code" tabIndex={0}>
      <code>
        {parts}
        {text.slice(end)}
      </code>
    </pre>
  );
}

function kindOf([, comment, string, , number, word]: RegExpExecArray): string | null {
  if (comment !== undefined) return 'comment';
  if (string !== undefined) return 'string';
  if (number !== undefined) return 'number';
  return word !== undefined && KEYWORDS.has(word.toLowerCase()) ? 'keyword' : null;
}
