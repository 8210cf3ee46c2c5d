-- One row: one order. Some are exported twice, word for word.
SELECT DISTINCT
  order_id,
  customer_id,
  lower(trim(store))   AS store,
  ordered_at,
  lower(status)        AS status
FROM raw_orders
