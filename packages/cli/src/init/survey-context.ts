import type { SourceDraft } from './draft.ts';
import type { FileGroup, LeftOut } from './group-files.ts';

/** What drafting one group of files needs. */
export interface SurveyContext {
  readonly group: FileGroup;
  /** A name for sources and tables, from those of the files. */
  readonly subject: string;
  /** A source of the group with nothing known about it yet. */
  readonly blank: SourceDraft;
  readonly unique: {
    readonly source: (wanted: string, otherwise?: string) => string;
    readonly model: (wanted: string, otherwise?: string) => string;
  };
  readonly leaveOut: (what: LeftOut) => void;
}
