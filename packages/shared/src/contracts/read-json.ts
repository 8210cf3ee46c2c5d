import { z } from 'zod';

import { fail, type ErrorCode } from '../core/errors.ts';

const versioned = z.looseObject({ v: z.number() });

/**
 * Parses the JSON of a message or file of millrace. A newer version than `version` is refused as
 * `message_too_new`, which a retry by a newer worker can cure; anything else that does not fit is `code`.
 */
export function readJson<T>(
  schema: z.ZodType<T>,
  version: number,
  content: Uint8Array | string,
  where: string,
  code: ErrorCode = 'message_invalid',
): T {
  let json: unknown;
  try {
    json = JSON.parse(
      typeof content === 'string' ? content : new TextDecoder('utf-8', { fatal: true }).decode(content),
    );
  } catch (error) {
    throw fail(code, { message: 'Not JSON.', where, cause: error });
  }
  return readValue(schema, version, json, where, code);
}

/** Like `readJson`, for a value that is parsed already. */
export function readValue<T>(
  schema: z.ZodType<T>,
  version: number,
  json: unknown,
  where: string,
  code: ErrorCode = 'message_invalid',
): T {
  const found = versioned.safeParse(json);
  if (found.success && found.data.v > version) {
    throw fail('message_too_new', {
      message: `Written in version ${found.data.v}, this process knows ${version}.`,
      where,
      hint: 'Upgrade this process; workers are upgraded before those who enqueue.',
    });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw fail(code, { message: z.prettifyError(parsed.error), where });
  }
  return parsed.data;
}

/** The bytes of a file of millrace: indented, because people look at them with `cat`. */
export function writeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
