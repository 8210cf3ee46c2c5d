-- One row: one order that has lines. What it is worth at the prices of the catalogue, and what it cost to bake.
SELECT
  i.order_id,
  CAST(sum(i.quantity) AS BIGINT)                                        AS units,
  CAST(coalesce(sum(i.quantity * p.price), 0) AS DECIMAL(18, 2))         AS amount,
  CAST(coalesce(sum(i.quantity * p.cost), 0) AS DECIMAL(18, 2))          AS cost,
  -- Without a price, because they left the catalogue.
  count(*) FILTER (WHERE p.sku IS NULL)                                  AS unknown_lines
FROM stg_order_items AS i
LEFT JOIN stg_products AS p USING (sku)
GROUP BY i.order_id
