import { fail } from '@millrace/shared/core/errors';
import { runStageService } from '@millrace/shared/runtime/stage-service';

import { handleModel } from './handle-model.ts';

await runStageService({
  stage: 'transform',
  createTaskHandler: ({ config }) => {
    const settings = {
      memoryLimitBytes: config.memoryLimitBytes,
      threads: config.threads,
      spillDir: config.spillDir,
      timeoutMs: config.modelTimeoutMs,
    };
    return (context) => {
      const { task } = context;
      if (task.kind === 'model') return handleModel({ ...context, task }, settings);
      throw fail('message_invalid', {
        message: `A task of kind ${task.kind} does not belong on this queue.`,
        where: task.id,
      });
    };
  },
});
