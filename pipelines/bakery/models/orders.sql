-- One row: one order, whatever became of it.
--
-- revenue is what was earned: the amount of completed orders, and nothing of all others.
SELECT
  o.order_id,
  o.customer_id,
  o.store,
  o.ordered_at,
  o.status,
  coalesce(a.units, 0)                                                       AS units,
  coalesce(a.amount, 0)                                                      AS amount,
  CASE WHEN o.status = 'completed' THEN coalesce(a.amount, 0) ELSE 0 END     AS revenue,
  CASE WHEN o.status = 'completed' THEN coalesce(a.cost, 0) ELSE 0 END       AS cost,
  coalesce(p.paid, 0)                                                        AS paid,
  o.status = 'completed' AND coalesce(p.paid, 0) < coalesce(a.amount, 0)     AS is_underpaid
FROM stg_orders AS o
LEFT JOIN int_order_amounts AS a USING (order_id)
LEFT JOIN int_order_payments AS p USING (order_id)
ORDER BY o.ordered_at, o.order_id
