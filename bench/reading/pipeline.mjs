/** The orders table of the storefront example; `from` is where a value stands in the nested JSON. */
const ORDER_COLUMNS = [
  { name: 'order_id', type: 'text', required: true },
  { name: 'customer_id', type: 'integer', required: true },
  { name: 'created_at', type: 'timestamp', required: true },
  { name: 'status', type: 'text', required: true },
  { name: 'channel', type: 'text', required: true, from: 'channel.name' },
  { name: 'campaign', type: 'text', from: 'channel.campaign' },
  { name: 'currency', type: 'text', required: true },
  { name: 'country', type: 'text', required: true, from: 'shipping.country' },
  { name: 'city', type: 'text', from: 'shipping.city' },
  { name: 'shipping_cost', type: 'decimal(18,2)', required: true, from: 'shipping.cost' },
];
const ITEM_COLUMNS = [
  { name: 'order_id', type: 'text', required: true, from: '^order_id' },
  { name: 'line', type: 'integer', required: true, from: '$index' },
  { name: 'product_id', type: 'integer', required: true },
  { name: 'quantity', type: 'integer', required: true },
  { name: 'unit_price', type: 'decimal(18,2)', required: true },
  { name: 'discount', type: 'decimal(18,2)' },
];

/**
 * The files of a pipeline with one source. Loading plays no part in it, but a pipeline without model and
 * destination is none.
 * @param {{ format: string, file: string }} data
 * @param {{ rows?: number }} batch
 */
export function pipelineFiles({ format, file }, batch = {}) {
  const isJson = ['lines', 'array', 'document'].includes(format);
  const orders = isJson ? ORDER_COLUMNS : ORDER_COLUMNS.map((column) => ({ ...column, from: undefined }));
  const tables = {
    orders: { columns: byName(orders) },
    ...(isJson && { order_items: { each: 'items', columns: byName(ITEM_COLUMNS) } }),
  };
  const source = {
    type: isJson ? 'json' : format,
    path: file,
    ...(format === 'document' && { records: 'data.orders' }),
    tables,
  };
  const pipeline = {
    name: 'reading',
    sources: { orders: source },
    ...(batch.rows !== undefined && { batch: { rows: batch.rows } }),
    models: { counts: { load: 'append' } },
    destination: { type: 'sqlite', path: 'out.db' },
  };
  return {
    // JSON is YAML.
    'pipeline.yml': JSON.stringify(pipeline, null, 2),
    'models/counts.sql': 'SELECT count(*) AS orders FROM orders',
  };
}

function byName(columns) {
  return Object.fromEntries(columns.map(({ name, ...column }) => [name, column]));
}
