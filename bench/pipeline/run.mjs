// The whole pipeline against a bare process that does the same work, and against peers. See README.md.
//
//   node bench/pipeline/run.mjs [--sizes S,M] [--rounds 5] [--bad] [--cold] [--peers none|fast|all] [--no-warm-up] [--out results.json]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { conditions, describeConditions } from '../support/conditions.mjs';
import { measurePipeline } from './measure.mjs';
import { pipelineTable } from './report.mjs';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: 'S,M' },
    rounds: { type: 'string', default: '5' },
    bad: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
    peers: { type: 'string', default: 'none' },
    'no-warm-up': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const on = conditions();
console.log(`${describeConditions(on)}\n`);
const results = await measurePipeline({
  sizes: values.sizes.split(','),
  rounds: Number(values.rounds),
  warmUp: !values['no-warm-up'],
  bad: values.bad,
  cold: values.cold,
  peers: values.peers,
});
console.log(pipelineTable(results));
if (values.out !== undefined)
  await writeFile(values.out, `${JSON.stringify({ conditions: on, pipeline: results }, null, 2)}\n`);
