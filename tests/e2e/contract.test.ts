import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
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
  const kept = 'SELECT change, path, values_left_out FROM _millrace_drift ORDER BY path';
  expect(queryRows(inFolder('out.db'), kept)).toEqual([
    { change: 'changed_type', path: 'amount', values_left_out: 1 },
    { change: 'new_column', path: 'till', values_left_out: 2 },
    { change: 'missing_column', path: 'voucher', values_left_out: 1 },
  ]);
  expect(published().map(({ amount }) => amount)).toEqual([null, 1]);
});
