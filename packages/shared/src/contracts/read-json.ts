import { crc32 } from '../core/crc32.ts';
import { fail, type ErrorCode, type MillraceError } from '../core/errors.ts';
import { z } from '../npm/zod.ts';

const versioned = z.looseObject({ v: z.number() });

/**
 * Parses the JSON of a file of millrace. One that is not as it was written is refused as `record_corrupt`, before
 * anything else is believed of it; a newer version than `version` as `message_too_new`, which a retry by a newer
 * worker can cure; anything else that does not fit is `code`.
 */
export function readJson<T>(
  schema: z.ZodType<T>,
  version: number,
  content: Uint8Array,
  where: string,
  code: ErrorCode = 'message_invalid',
): T {
  return readValue(schema, version, readSealed(content, where), where, code);
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

/** Last of every file, so that it can speak of all bytes before it. Persisted. */
const SEAL = 'crc32';
const SEAL_BYTES = `,\n  "${SEAL}": "00000000"\n}\n`.length;
const SEAL_TEXT = new RegExp(`^,\\n {2}"${SEAL}": "([0-9a-f]{8})"\\n\\}\\n$`);

/**
 * The bytes of a file of millrace: indented, because people look at them with `cat`. The last member is a checksum of
 * all before it: a bit that flips in a digit of a plan or in the SQL of a model gives other JSON of the same form.
 */
export function writeJson(value: object): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value, null, 2).slice(0, -'\n}'.length));
  const seal = `,\n  "${SEAL}": "${sealOf(bytes)}"\n}\n`;
  return Buffer.concat([bytes, new TextEncoder().encode(seal)]);
}

/**
 * Takes the checksum off. A file without one is read as well, for it may be of an earlier release: no damage makes
 * one look like that, because a checksum under another name is a member that no schema knows.
 */
function readSealed(content: Uint8Array, where: string): unknown {
  const end = Math.max(0, content.length - SEAL_BYTES);
  const seal = SEAL_TEXT.exec(new TextDecoder('latin1').decode(content.subarray(end)))?.[1];
  if (seal !== undefined && seal !== sealOf(content.subarray(0, end)))
    throw damaged(where, 'its checksum is of other content');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    throw damaged(where, 'it is not JSON', error);
  }
  if (typeof json !== 'object' || json === null || !(SEAL in json)) return json;
  if (seal === undefined) throw damaged(where, 'its checksum is not where it was written');
  const { [SEAL]: _, ...value } = json;
  return value;
}

function sealOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

function damaged(where: string, how: string, cause?: unknown): MillraceError {
  return fail('record_corrupt', {
    message: `A file of millrace is not as it was written: ${how}.`,
    where,
    hint: 'It was changed from outside or the disk is failing. What depends on it is not used; run the pipeline again.',
    cause,
  });
}
