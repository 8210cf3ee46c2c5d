-- One row: one product of the catalogue, sold or not. Sales are of completed orders.
SELECT
  p.sku,
  p.name,
  p.category,
  p.price,
  CAST(coalesce(sum(i.quantity) FILTER (WHERE o.order_id IS NOT NULL), 0) AS BIGINT)        AS units_sold,
  CAST(p.price * coalesce(sum(i.quantity) FILTER (WHERE o.order_id IS NOT NULL), 0)
    AS DECIMAL(18, 2))                                                                      AS revenue,
  CAST((p.price - p.cost) * coalesce(sum(i.quantity) FILTER (WHERE o.order_id IS NOT NULL), 0)
    AS DECIMAL(18, 2))                                                                      AS margin
FROM stg_products AS p
LEFT JOIN stg_order_items AS i USING (sku)
LEFT JOIN stg_orders AS o ON o.order_id = i.order_id AND o.status = 'completed'
GROUP BY p.sku, p.name, p.category, p.price, p.cost
ORDER BY p.sku
