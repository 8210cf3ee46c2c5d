import { renderJson } from './render/json.ts';
import { createStyle, type Style } from './render/style.ts';

/**
 * Where a command's words go. Results are printed on standard output, remarks on standard error; with `--json`
 * standard output carries JSON only and remarks are left out.
 */
export interface Terminal {
  readonly json: boolean;
  /** How this CLI is called from here: for commands in the output that are to be copied. */
  readonly own: string;
  /** Whether a person watches standard output: then a display may redraw itself. */
  readonly interactive: boolean;
  /** Of standard output; Infinity when it is not a terminal. Read it anew for each drawing: windows are resized. */
  readonly width: number;
  /** For standard output. */
  readonly style: Style;
  print(...lines: readonly string[]): void;
  printJson(value: unknown): void;
  /** One line of JSON, for outputs that go on. */
  printJsonLine(value: unknown): void;
  readonly remark: (line: string) => void;
  /** Control codes of a live display. */
  draw(codes: string): void;
}

export function createTerminal(options: { json: boolean; own: string; colourForbidden: boolean }): Terminal {
  const { json, own, colourForbidden } = options;
  const isTerminal = process.stdout.isTTY;
  return {
    json,
    own,
    interactive: isTerminal && !json,
    get width() {
      return isTerminal ? process.stdout.columns : Infinity;
    },
    style: createStyle(isTerminal && !colourForbidden),
    print: (...lines) => write(lines.map((line) => `${line}\n`).join('')),
    printJson: (value) => write(`${renderJson(value, 2)}\n`),
    printJsonLine: (value) => write(`${renderJson(value)}\n`),
    remark: (line) => {
      if (!json) process.stderr.write(`${line}\n`);
    },
    draw: write,
  };
}

function write(text: string): void {
  process.stdout.write(text);
}
