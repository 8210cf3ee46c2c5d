// An extractor whose tasks hang where nothing can end them: a thread that opens a named pipe nobody writes to. It plans
// as extractors do. Called with the path of the pipe.
import { Worker } from 'node:worker_threads';

import { runStageService } from '@millrace/shared/runtime/stage-service';

import { createPlanHandler } from '../../services/extractor/dist/handle-run-requested.js';

const pipe = process.argv[2];

await runStageService({
  stage: 'extract',
  createOtherHandler: createPlanHandler,
  createTaskHandler: () => () => {
    new Worker(`require('fs').openSync(${JSON.stringify(pipe)})`, { eval: true });
    return new Promise(() => undefined);
  },
});
