import {
  DEFAULT_MAX_RATIO,
  type RejectLimit,
  type RejectLimits,
  type SourceRejectLimit,
} from '../core/pipeline.ts';
import type { PipelineFile, RejectsFile } from './pipeline-file.ts';

/**
 * The limits that a run keeps. The default counts each source by itself: a small source of which nothing could be
 * read must not be published as an empty table because a large one beside it is clean.
 */
export function compileRejectLimits({ rejects, sources }: PipelineFile): RejectLimits {
  return {
    ...limit(rejects),
    sources: Object.entries(sources).flatMap(([source, declared]): SourceRejectLimit[] => {
      if (declared.rejects !== undefined) return [{ source, ...limit(declared.rejects), byDefault: false }];
      if (rejects !== undefined) return [];
      return [{ source, maxRows: null, maxRatio: DEFAULT_MAX_RATIO, byDefault: true }];
    }),
  };
}

function limit(declared: RejectsFile | undefined): RejectLimit {
  return { maxRows: declared?.max_rows ?? null, maxRatio: declared?.max_ratio ?? null };
}
