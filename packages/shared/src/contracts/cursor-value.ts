import type { CursorValue } from '../core/cursor.ts';
import { z } from '../npm/zod.ts';

export const cursorValue = z.strictObject({
  type: z.enum(['integer', 'real', 'text']),
  text: z.string(),
}) satisfies z.ZodType<CursorValue>;
