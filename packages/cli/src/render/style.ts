import { styleText } from 'node:util';

/** What a piece of text means; the colours are decided here only. */
export type Tone = 'strong' | 'dim' | 'good' | 'warn' | 'bad' | 'accent';
export type Style = (tone: Tone, text: string) => string;

const FORMATS = {
  strong: 'bold',
  dim: 'dim',
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  accent: 'cyan',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** Without colours the text itself is returned, so that pipes and files stay clean. */
export function createStyle(colours: boolean): Style {
  if (!colours) return (_tone, text) => text;
  // Whether to colour was decided by the caller: styleText must not decide again by looking at stdout.
  return (tone, text) => styleText(FORMATS[tone], text, { validateStream: false });
}
