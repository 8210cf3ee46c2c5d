import { describe, expect, it } from 'vitest';

import { failsAgain } from './retry.ts';

describe('a retry of a run that has its plan', () => {
  it.each(['model_failed', 'reject_limit', 'watermark_moved'] as const)('meets %s again', (code) => {
    expect(failsAgain(code, true)).toBe(true);
  });

  it.each(['destination_unusable', 'destination_unavailable', 'out_of_memory', 'internal'] as const)(
    'may get beyond %s',
    (code) => {
      expect(failsAgain(code, true)).toBe(false);
    },
  );
});

describe('a retry of a run that could not be planned', () => {
  it.each(['model_invalid', 'pipeline_invalid'] as const)('meets %s again', (code) => {
    expect(failsAgain(code, false)).toBe(true);
  });

  it.each(['input_not_found', 'file_format', 'schema_mismatch'] as const)(
    'may get beyond %s, because the sources are read anew',
    (code) => {
      expect(failsAgain(code, false)).toBe(false);
    },
  );
});
