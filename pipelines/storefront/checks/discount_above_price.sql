-- Items that would cost less than nothing. A file in checks/ is a SELECT of the bad rows; it needs no entry in pipeline.yml.
SELECT
  order_id,
  line,
  quantity * unit_price  AS price,
  discount
FROM order_items
WHERE discount > quantity * unit_price
