import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { until } from '../support/until.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
let folder: string;
const inFolder = (name: string) => path.join(folder, name);

const PIPELINE = `# The till of a bakery.
name: till
sources:
  till:
    type: json
    path: sales.jsonl
    tables:
      sales:
        contract: freeze
        columns:
          id:     { type: integer }   # of the slip
          amount: { type: 'decimal(18,2)' }
models:
  sold: { load: replace }
destination: { type: sqlite, path: out.db }
`;

beforeAll(async () => {
  stack = await startTestStack();
  folder = path.join(stack.folder, 'pipelines', 'till');
  await mkdir(inFolder('models'), { recursive: true });
  await writeFile(inFolder('pipeline.yml'), PIPELINE);
  await writeFile(inFolder('models/sold.sql'), 'SELECT * FROM sales\n');
  await writeFile(inFolder('sales.jsonl'), '{"id":1,"amount":2.50}\n');
});
afterAll(() => stack.stop());

const published = () => queryRows(inFolder('out.db'), 'SELECT * FROM sold ORDER BY id');

it('a new field fails the run that is frozen, is shown, accepted, and published from then on', async () => {
  expect(await stack.cli('run', folder, '--wait', '--json')).toMatchObject({ code: 0 });
  const before = published();
  expect(before).toEqual([{ id: 1, amount: 2.5 }]);

  await writeFile(inFolder('sales.jsonl'), '{"id":2,"amount":3.10,"voucher":"SPRING"}\n');
  const failed = await stack.cli('run', folder, '--wait');
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stderr).toContain('contract_broken');
  expect(failed.stderr).toContain('sales has a new field voucher of type text in 1 of 1 sampled rows');
  expect(published()).toEqual(before);
  const ended = `SELECT r.status, r.error_code, d.change, d.column_name, d.mode FROM _millrace_runs AS r
    JOIN _millrace_drift AS d USING (run_id)`;
  // By a job of its own, after the run has failed.
  await until(() => queryRows(inFolder('out.db'), ended).length > 0, 'the failed run is in the history');
  expect(queryRows(inFolder('out.db'), ended)).toEqual([
    {
      status: 'failed',
      error_code: 'contract_broken',
      change: 'new_column',
      column_name: 'voucher',
      mode: 'freeze',
    },
  ]);

  const differs = await stack.cli('contract', 'diff', folder);
  expect(differs).toMatchObject({ code: 1 });
  expect(differs.stdout).toContain('sales.voucher');
  expect(await readFile(inFolder('pipeline.yml'), 'utf8')).toBe(PIPELINE);

  expect(await stack.cli('contract', 'accept', folder)).toMatchObject({ code: 0, stderr: '' });
  const amount = "          amount: { type: 'decimal(18,2)' }\n";
  expect(await readFile(inFolder('pipeline.yml'), 'utf8')).toBe(
    PIPELINE.replace(amount, `${amount}          voucher: { type: text }\n`),
  );
  expect(await stack.cli('contract', 'diff', folder)).toMatchObject({ code: 0 });
  expect(await stack.cli('run', folder, '--wait', '--json')).toMatchObject({ code: 0 });
  expect(published()).toEqual([{ id: 2, amount: 3.1, voucher: 'SPRING' }]);
  const kept =
    'SELECT action, change, column_name, found_type, example FROM _millrace_contracts ORDER BY record_id';
  const voucher = { change: 'new_column', column_name: 'voucher', found_type: 'text', example: null };
  expect(queryRows(inFolder('out.db'), kept)).toEqual([
    { action: 'diff', ...voucher },
    { action: 'accept', ...voucher },
  ]);
});

it('the history of a table shows the run that its contract has ended, and who accepted the change', async () => {
  const { code, stdout } = await stack.cli('history', 'sales');
  expect(code).toBe(0);
  expect(stdout).toMatch(/failed +– .*contract broken/);
  expect(stdout).toMatch(/\+ voucher +new, text in 1 of 1 sampled rows +accepted by \w+@/);
  const { runs, contracts } = JSON.parse((await stack.cli('history', 'sales', '--json')).stdout) as {
    runs: { status: string; rows: number | null; drift: { column: string }[] }[];
    contracts: { action: string; drift: { column: string }[] }[];
  };
  expect(runs.map(({ status, rows, drift }) => [status, rows, drift.map(({ column }) => column)])).toEqual([
    ['published', 1, []],
    ['failed', null, ['voucher']],
    ['published', 1, []],
  ]);
  expect(contracts.map(({ action }) => action)).toEqual(['accept', 'diff']);
});

it('a record beyond the sampled ones that breaks the contract is in the history too', async () => {
  const before = published();
  const sales = Array.from({ length: 3000 }, (_, index) => `{"id":${index},"amount":1,"voucher":null}`);
  // Planning looks at every second or fourth of so many.
  sales[1501] = '{"id":1501,"amount":"free","tip":1}';
  await writeFile(inFolder('sales.jsonl'), `${sales.join('\n')}\n`);
  const { code, stdout } = await stack.cli('run', folder, '--wait');
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /~ +sales\.amount +decimal\(18,2\), found other values, such as "free" +the run fails/,
  );
  expect(stdout).toMatch(/\+ +sales\.tip +new +the run fails/);
  expect(published()).toEqual(before);
  const kept = `SELECT change, path, declared_type, mode, rows, values_left_out, example FROM _millrace_drift
    WHERE run_id = (SELECT max(run_id) FROM _millrace_runs WHERE error_code = 'contract_broken') ORDER BY path`;
  await until(() => queryRows(inFolder('out.db'), kept).length === 2, 'the failed run is in the history');
  const broken = { mode: 'freeze', rows: null, values_left_out: 0 };
  expect(queryRows(inFolder('out.db'), kept)).toEqual([
    { change: 'changed_type', path: 'amount', declared_type: 'decimal(18,2)', example: '"free"', ...broken },
    { change: 'new_column', path: 'tip', declared_type: null, example: null, ...broken },
  ]);
  expect((await stack.cli('history', 'sales')).stdout).toMatch(
    /~ amount +decimal\(18,2\), found other values/,
  );
});

it('what a run leaves out is counted in its status and in the history of the destination', async () => {
  const yaml = await readFile(inFolder('pipeline.yml'), 'utf8');
  await writeFile(inFolder('pipeline.yml'), yaml.replace('contract: freeze', 'contract: drop_value'));
  const lines = ['{"id":3,"amount":"free","till":1}', '{"id":4,"amount":1,"till":2,"voucher":null}'];
  await writeFile(inFolder('sales.jsonl'), `${lines.join('\n')}\n`);
  const { code, stdout } = await stack.cli('run', folder, '--wait', '--json');
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { drift: unknown }).drift).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ change: 'new_column', path: 'till', mode: 'drop_value', values_left_out: 2 }),
      expect.objectContaining({
        change: 'changed_type',
        path: 'amount',
        values_left_out: 1,
        example: '"free"',
      }),
      expect.objectContaining({ change: 'missing_column', path: 'voucher', values_left_out: 1 }),
    ]),
  );
  const kept = `SELECT change, path, values_left_out FROM _millrace_drift
    WHERE run_id = (SELECT max(run_id) FROM _millrace_runs) ORDER BY path`;
  expect(queryRows(inFolder('out.db'), kept)).toEqual([
    { change: 'changed_type', path: 'amount', values_left_out: 1 },
    { change: 'new_column', path: 'till', values_left_out: 2 },
    { change: 'missing_column', path: 'voucher', values_left_out: 1 },
  ]);
  expect(published().map(({ amount }) => amount)).toEqual([null, 1]);
});
