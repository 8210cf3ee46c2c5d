import { runStageService } from '@millrace/shared/runtime/stage-service';

import { createModelHandler } from './handle-model.ts';

await runStageService({ stage: 'transform', createTaskHandler: createModelHandler });
