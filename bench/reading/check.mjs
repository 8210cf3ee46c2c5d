import path from 'node:path';

import { readParquetSql } from '@millrace/shared/adapters/duckdb';

/**
 * What a table holds, whatever the order of its rows: columns with types, number of rows, sum of the rows' hashes.
 * The sum of a file that is repeated is that of one copy, multiplied; an exclusive or would vanish.
 * @param {string} relation a query
 */
export async function digestOf(engine, relation) {
  const columns = await engine.rows(`DESCRIBE ${relation}`);
  const [sums] = await engine.rows(
    `SELECT count(*) AS rows, coalesce(sum(hash(row_of)), 0)::VARCHAR AS hashes FROM (${relation}) AS row_of`,
  );
  return {
    columns: columns.map(({ column_name, column_type }) => `${column_name} ${column_type}`).join(', '),
    rows: sums.rows,
    hashes: BigInt(sums.hashes),
  };
}

/** The digest of the same rows so many times. */
export function times(digest, count) {
  return { ...digest, rows: digest.rows * BigInt(count), hashes: digest.hashes * BigInt(count) };
}

/** Digests of the staged tables that the results of tasks name, by table. */
export async function digestTables(engine, bucketFolder, results) {
  const digests = {};
  const outputs = results.flatMap((result) => result.outputs);
  for (const table of new Set(outputs.map((output) => output.table))) {
    const batches = outputs.filter((output) => output.table === table).flatMap((output) => output.batches);
    const paths = batches.map(({ key }) => path.join(bucketFolder, key));
    digests[table] = await digestOf(engine, `SELECT * FROM ${readParquetSql(paths)}`);
    const named = batches.reduce((sum, { rows }) => sum + BigInt(rows), 0n);
    if (named !== digests[table].rows) throw new Error(`${table}: ${named} rows in results, not in files`);
  }
  return digests;
}

/** What of the tables is not as expected; empty when all is. */
export function compareTables(found, expected) {
  const faults = [];
  for (const table of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    for (const part of ['columns', 'rows', 'hashes']) {
      const [is, due] = [found[table]?.[part], expected[table]?.[part]];
      if (is !== due) faults.push(`${part} of ${table}: ${is}, expected ${due}`);
    }
  }
  return faults;
}

const PLACE = ['file', 'record_number', 'line', 'byte_offset', 'byte_length', 'reason'];

/** Which bad records of the generator's list are missing or misplaced, and which rejects are not in it. */
export async function compareRejects(engine, bucketFolder, results, badRecords) {
  const batches = results.flatMap(({ extracted }) => extracted.rejects.batches);
  const paths = batches.map(({ key }) => path.join(bucketFolder, key));
  const rejects = paths.length === 0 ? [] : await engine.rows(`SELECT * FROM ${readParquetSql(paths)}`);
  const found = rejects.map(placeOf);
  const listed = badRecords.map(placeOf);
  const faults = [
    ...without(listed, found).map((place) => `not rejected: ${place}`),
    ...without(found, listed).map((place) => `rejected, but not in the list: ${place}`),
  ];
  if (found.length !== listed.length) faults.push(`${found.length} rejects, ${listed.length} listed`);
  return faults;
}

function placeOf(record) {
  return PLACE.map((name) => `${record[name]}`).join(' ');
}

function without(places, others) {
  const known = new Set(others);
  return places.filter((place) => !known.has(place));
}
