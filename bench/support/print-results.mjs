import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { conditions, describeConditions, loads } from './conditions.mjs';
import { markdownTable } from './markdown-table.mjs';

/**
 * Measures, prints the table, and keeps it with its conditions as results.json beside the runner.
 * @param {string} folder of the runner
 * @param {() => Promise<Record<string, string | number>[]>} measure gives the rows; their keys are the header
 */
export async function printResults(folder, measure) {
  const on = conditions();
  console.log(`${describeConditions(on)}\n`);
  const rows = await measure();
  console.log(markdownTable(Object.keys(rows[0]), rows.map(Object.values)));
  const results = { conditions: { ...on, loadAtEnd: loads() }, rows };
  await writeFile(path.join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
