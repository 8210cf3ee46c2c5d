/** A place in a text, both counted from 1; the column counts characters. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** The place of a character offset, as DuckDB gives it for syntax errors. Offsets beyond the end mean the end. */
export function placeOfCharacter(text: string, offset: number): TextPlace {
  const before = [...text].slice(0, offset).join('');
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 };
}

/** The place of a UTF-8 byte offset, as DuckDB gives it in a syntax tree. */
export function placeOfByte(text: string, offset: number): TextPlace {
  const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    new TextEncoder().encode(text).subarray(0, offset),
  );
  return placeOfCharacter(text, [...before].length);
}

/** What DuckDB said, apart from where it said it. */
export interface EngineMessage {
  readonly message: string;
  readonly place: TextPlace | null;
}

const EXCERPT = /\n+LINE (\d+): (.*)\n( *)\^\s*$/;

/**
 * Takes DuckDB's `LINE 3: … ^` off the end of a message. DuckDB cuts long lines at both ends, so the column is
 * found by looking its excerpt up in the text.
 * @param text what DuckDB was given, without the first `linesBefore` lines
 */
export function readEngineMessage(message: string, text: string, linesBefore = 0): EngineMessage {
  const match = EXCERPT.exec(message);
  if (match === null) return { message: shorten(message), place: null };
  const [, number = '', excerpt = '', indent = ''] = match;
  const line = Number(number) - linesBefore;
  const source = text.split('\n')[line - 1];
  // The excerpt of a line that was put around the text says nothing to its author.
  if (source === undefined) return { message: shorten(message.slice(0, match.index)), place: null };
  const visible = excerpt.replace(/^\.\.\./, '').replace(/\.\.\.$/, '');
  const cut = excerpt.startsWith('...') ? '...'.length : 0;
  const caret = indent.length - `LINE ${number}: `.length - cut;
  const column = Math.max(0, source.indexOf(visible)) + Math.max(0, caret) + 1;
  return { message: shorten(message.slice(0, match.index)), place: { line, column } };
}

/** Without DuckDB's list of every overload of a function, which buries the sentence that matters. */
function shorten(message: string): string {
  return message.replace(/\s*\tCandidate functions:[\s\S]*$/, '').trim();
}

/** `models/x.sql:3:8`, or the file alone. */
export function formatPlace(file: string, place: TextPlace | null): string {
  return place === null ? file : `${file}:${place.line}:${place.column}`;
}

const EXCERPT_LENGTH = 160;

/** The line of a place and a mark below the column, to be put under a message. */
export function excerptAt(text: string, place: TextPlace | null): string {
  const line = place === null ? undefined : text.split('\n')[place.line - 1];
  if (place === null || line === undefined) return '';
  const margin = `  ${place.line} | `;
  const shown = line.slice(0, EXCERPT_LENGTH);
  const pointer = place.column <= EXCERPT_LENGTH ? `\n${' '.repeat(margin.length + place.column - 1)}^` : '';
  return `\n${margin}${shown}${pointer}`;
}
