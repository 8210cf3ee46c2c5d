import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { expect, test } from 'vitest';

import { copyStatement } from '../core/files-statements.ts';
import { countFileRows } from './files-count.ts';

const ODD = `SELECT CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'a\\r\\nb' WHEN 3 THEN '"' WHEN 4 THEN E'"\\n"' ELSE 'x' END AS text FROM range(100003) t(i)`;

test.each([
  ['csv', ODD, 100_003],
  ['csv', 'SELECT \'a\' AS "odd ""\n name" WHERE false', 0],
  ['parquet', ODD, 100_003],
] as const)('%s: rows are counted in the file, whatever is in them', async (format, query, rows) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-count-'));
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    const file = path.join(folder, 'table');
    const columns = [{ name: query === ODD ? 'text' : 'odd "\n name', type: 'VARCHAR' }];
    const source = { columns, disposition: { kind: 'replace' }, run: 'r', loadedAt: '' } as const;
    await engine.run(copyStatement({ ...source, rows: `(${query})` }, format, file));
    expect(await countFileRows(file, format)).toBe(rows);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
