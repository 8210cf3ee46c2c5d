import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import Database from 'better-sqlite3';

const DOUBLINGS = 5;
const PING_EVERY_MS = 10;

/** Makes the published table 32 times as large, and asks for the list of tables and for something small meanwhile. */
export async function measureTables(url, folder) {
  const db = new Database(path.join(folder, 'batches/out.db'));
  for (let doubling = 0; doubling < DOUBLINGS; doubling += 1) db.exec('INSERT INTO kept SELECT * FROM kept');
  const rows = db.prepare('SELECT count(*) FROM kept').pluck().get();
  db.close();
  const ask = async (route) => {
    const startedAt = performance.now();
    const response = await globalThis.fetch(new URL(route, url));
    if (!response.ok) throw new Error(`${route}: ${response.status}`);
    return { ms: performance.now() - startedAt, body: await response.json() };
  };
  let listed = null;
  let slowestMs = 0;
  const listing = ask('/api/tables').then((answer) => (listed = answer));
  while (listed === null) {
    slowestMs = Math.max(slowestMs, (await ask('/api/session')).ms);
    await delay(PING_EVERY_MS);
  }
  await listing;
  const counted = listed.body.tables.find(({ table }) => table === 'kept')?.rows;
  if (counted !== rows) throw new Error(`Of ${rows} rows ${counted} were counted.`);
  return [
    { what: `list of tables, one of which has ${rows} rows`, value: Math.round(listed.ms), unit: 'ms' },
    { what: 'slowest small answer meanwhile', value: Number(slowestMs.toFixed(1)), unit: 'ms' },
  ];
}
