-- One row: one day (UTC) and store with an order that was completed.
SELECT
  CAST(ordered_at AS DATE)                             AS sold_on,
  store,
  count(*)                                             AS orders,
  CAST(sum(units) AS BIGINT)                           AS units,
  CAST(sum(revenue) AS DECIMAL(18, 2))                 AS revenue,
  CAST(sum(revenue - cost) AS DECIMAL(18, 2))          AS margin
FROM orders
WHERE status = 'completed'
GROUP BY ALL
ORDER BY sold_on, store
