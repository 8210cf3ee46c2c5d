import { runStageService } from '@millrace/shared/runtime/stage-service';

import { createLoadHandler } from './handle-load.ts';
import { createRunEndedHandler } from './handle-run-ended.ts';

await runStageService({
  stage: 'load',
  createTaskHandler: createLoadHandler,
  createOtherHandler: createRunEndedHandler,
});
