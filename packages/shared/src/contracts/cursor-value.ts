import { z } from 'zod';

import type { CursorValue } from '../core/cursor.ts';

export const cursorValue = z.strictObject({
  type: z.enum(['integer', 'real', 'text']),
  text: z.string(),
}) satisfies z.ZodType<CursorValue>;
