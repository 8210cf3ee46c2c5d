import { runStageService } from '@millrace/shared/runtime/stage-service';

import { createExtractHandler } from './handle-extract.ts';
import { createPlanHandler } from './handle-run-requested.ts';
import { keepHeapSmall } from './memory-budget.ts';

await runStageService({
  stage: 'extract',
  createTaskHandler: (tools) => {
    keepHeapSmall(tools.config.memoryLimitBytes);
    return createExtractHandler(tools);
  },
  createOtherHandler: createPlanHandler,
});
