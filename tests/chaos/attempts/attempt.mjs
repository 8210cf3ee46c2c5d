import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { readConfig } from '@millrace/shared/runtime/config';
import { doTask } from '@millrace/shared/runtime/do-task';
import { createLogger } from '@millrace/shared/runtime/logger';
import { createRunStore } from '@millrace/shared/runtime/run-store';

/** @import { Message } from '@millrace/shared/contracts/message' */
/** @import { TaskHandler } from '@millrace/shared/ports/task-handler' */
/** @import { ServiceTools } from '@millrace/shared/runtime/service-tools' */

/**
 * A queue that keeps what is added to it. Attempts need no other: what a queue loses or doubles is tried elsewhere.
 * @param {Message[]} messages
 */
const keepingQueue = (messages) => ({
  add: async (/** @type {string} */ _stage, /** @type {readonly { message: Message }[]} */ jobs) => {
    messages.push(...jobs.map(({ message }) => message));
  },
  states: async () => [],
  depth: async () => ({ waiting: 0, running: 0 }),
  oldestAt: async () => null,
  close: async () => undefined,
});

/** Of all stages. */
export async function importHandlers() {
  await import('@millrace/extractor/dist/handle-extract.js');
  await import('@millrace/loader/dist/handle-load.js');
  await import('@millrace/transformer/dist/handle-model.js');
}

/**
 * What a worker has, with nothing remembered from before, and the messages that it enqueued.
 * @param {string} home
 */
export async function openTools(home) {
  // With two threads of DuckDB chance decides which of them reads what, and the same call is not found again.
  const config = readConfig({ MILLRACE_HOME: home, MILLRACE_LOG_LEVEL: 'silent', MILLRACE_THREADS: '1' });
  const bucket = await openFolderBucket(config.bucket);
  /** @type {Message[]} */
  const messages = [];
  /** @type {ServiceTools} */
  const tools = {
    bucket,
    store: createRunStore(bucket),
    queue: keepingQueue(messages),
    worker: 'worker-of-a-test',
    logger: createLogger(config, 'test'),
    config,
  };
  return { tools, messages };
}

/**
 * Does what a message asks for, as the worker of its stage would.
 * @param {ServiceTools} tools
 * @param {Message} message
 * @param {string} attempt
 */
export async function doMessage(tools, message, attempt) {
  if (message.type === 'task_ready') {
    const handle = await handlerOf(tools, message.task);
    const { signal } = new AbortController();
    await doTask({ ...tools, attempt, handle, signal, onProgress: () => undefined }, message);
  } else if (message.type === 'run_requested') {
    const { createPlanHandler } = await import('@millrace/extractor/dist/handle-run-requested.js');
    await createPlanHandler(tools)(message, tools.logger, new AbortController().signal);
  } else throw new Error(`Not done here: ${message.type}.`);
}

/**
 * Imported when it is needed: most of the time of an attempt is the start of its process.
 * @param {ServiceTools} tools
 * @param {string} task
 * @returns {Promise<TaskHandler>}
 */
async function handlerOf(tools, task) {
  if (task.startsWith('extract-'))
    return (await import('@millrace/extractor/dist/handle-extract.js')).createExtractHandler(tools);
  if (task.startsWith('load-'))
    return (await import('@millrace/loader/dist/handle-load.js')).createLoadHandler(tools);
  return (await import('@millrace/transformer/dist/handle-model.js')).createModelHandler(tools);
}
