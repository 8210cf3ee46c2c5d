-- One row: one customer who signed up, also one who never ordered. Orders without a customer are in no row.
SELECT
  c.customer_id,
  c.name,
  c.email,
  c.signed_up_on,
  count(o.order_id)                                                AS orders,
  count(o.order_id) FILTER (WHERE o.status = 'returned')           AS returned_orders,
  CAST(coalesce(sum(o.revenue), 0) AS DECIMAL(18, 2))              AS revenue,
  CAST(min(o.ordered_at) AS DATE)                                  AS first_order_on,
  CAST(max(o.ordered_at) AS DATE)                                  AS last_order_on
FROM stg_customers AS c
LEFT JOIN orders AS o USING (customer_id)
GROUP BY ALL
ORDER BY c.customer_id
