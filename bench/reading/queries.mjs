import { quoteLiteral } from '@millrace/shared/core/sql-text';

const CHANNEL = 'STRUCT(name VARCHAR, campaign VARCHAR)';
const SHIPPING = 'STRUCT(country VARCHAR, city VARCHAR, cost DECIMAL(18,2))';
const ITEM = 'STRUCT(product_id BIGINT, quantity BIGINT, unit_price DECIMAL(18,2), discount DECIMAL(18,2))';
const RECORD = {
  order_id: 'VARCHAR',
  customer_id: 'BIGINT',
  created_at: 'TIMESTAMPTZ',
  status: 'VARCHAR',
  channel: CHANNEL,
  currency: 'VARCHAR',
  shipping: SHIPPING,
  items: `${ITEM}[]`,
};
const CSV_COLUMNS = {
  order_id: 'VARCHAR',
  customer_id: 'BIGINT',
  created_at: 'TIMESTAMPTZ',
  status: 'VARCHAR',
  channel: 'VARCHAR',
  campaign: 'VARCHAR',
  currency: 'VARCHAR',
  country: 'VARCHAR',
  city: 'VARCHAR',
  shipping_cost: 'DECIMAL(18,2)',
};

/** The file as a relation with one nested, typed row per order. `sizeBytes` bounds the object that a document is. */
export function recordsSql({ format, file, sizeBytes }) {
  if (format !== 'document') {
    const kind = format === 'lines' ? 'newline_delimited' : 'array';
    return `read_json(${quoteLiteral(file)}, format = '${kind}', columns = ${structSql(RECORD)})`;
  }
  const fields = Object.entries(RECORD).map(([name, type]) => `${name} ${type}`);
  const columns = { data: `STRUCT(orders STRUCT(${fields.join(', ')})[])` };
  const options = `format = 'unstructured', maximum_object_size = ${sizeBytes + 1}`;
  const document = `read_json(${quoteLiteral(file)}, ${options}, columns = ${structSql(columns)})`;
  return `(SELECT record.* FROM (SELECT unnest(data.orders) AS record FROM ${document}))`;
}

/** The orders table, as the pipeline declares it, of a relation of records. */
export function ordersSql(records) {
  return `SELECT order_id, customer_id, created_at AT TIME ZONE 'UTC' AS created_at, status, channel.name AS channel,
    channel.campaign AS campaign, currency, shipping.country AS country, shipping.city AS city,
    shipping.cost AS shipping_cost FROM ${records}`;
}

/** The table of items, one row per item with its index from 0. */
export function itemsSql(records) {
  return `SELECT order_id, generate_subscripts(items, 1) - 1 AS line, unnest(items, recursive := true) FROM ${records}`;
}

/** The orders table of a CSV file. */
export function csvSql(file) {
  const options = `header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'`;
  return `SELECT * REPLACE (created_at AT TIME ZONE 'UTC' AS created_at)
    FROM read_csv(${quoteLiteral(file)}, ${options}, columns = ${structSql(CSV_COLUMNS)})`;
}

function structSql(columns) {
  const fields = Object.entries(columns).map(([name, type]) => `${name}: ${quoteLiteral(type)}`);
  return `{${fields.join(', ')}}`;
}
