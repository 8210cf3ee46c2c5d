import { z } from '../npm/zod.ts';
import { runEndedV1 } from './messages/run-ended-v1.ts';
import { runRequestedV1 } from './messages/run-requested-v1.ts';
import { taskReadyV1 } from './messages/task-ready-v1.ts';
import { readValue } from './read-json.ts';

/** Newest version of any message that this code reads. */
const MESSAGE_VERSION = 1;

const message = z.discriminatedUnion('type', [runRequestedV1, taskReadyV1, runEndedV1]);

/** The message of a job: references only, never rows; under 2 KB as JSON. */
export type Message = z.infer<typeof message>;

/** Throws `message_too_new` or `message_invalid`, naming the job. */
export function readMessage(data: unknown, job: string): Message {
  return readValue(message, MESSAGE_VERSION, data, `job ${job}`);
}
