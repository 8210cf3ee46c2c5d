import { runStageService } from '@millrace/shared/runtime/stage-service';

import { createExtractHandler } from './handle-extract.ts';
import { createPlanHandler } from './handle-run-requested.ts';

await runStageService({
  stage: 'extract',
  createTaskHandler: createExtractHandler,
  createOtherHandler: createPlanHandler,
});
