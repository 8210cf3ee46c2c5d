-- One row: one customer who has ordered, and one currency they ordered in.
--
-- net_revenue is what was earned: items after discount, plus shipping, of paid and shipped orders. Refunded orders are
-- in refunded_amount only; cancelled ones are counted, and are in no amount.
--
-- Guests of the marketplace are not in the shop's database. They are kept, without a name, so that the net_revenue of
-- this table and of daily_revenue add up to the same.

WITH orders_by_status AS (
  SELECT
    customer_id,
    currency,
    status,
    count(*)             AS orders,
    sum(shipping_cost)   AS shipping,
    min(created_at)      AS first_order_at,
    max(created_at)      AS last_order_at
  FROM orders
  GROUP BY ALL
),

items_by_status AS (
  SELECT
    o.customer_id,
    o.currency,
    o.status,
    sum(i.quantity)                                                    AS units,
    sum(i.quantity * i.unit_price) - sum(coalesce(i.discount, 0))      AS amount
  FROM order_items AS i
  JOIN orders AS o USING (order_id)
  GROUP BY ALL
),

by_status AS (
  SELECT
    customer_id,
    currency,
    orders,
    coalesce(units, 0)                AS units,
    coalesce(amount, 0) + shipping    AS amount,
    status IN ('paid', 'shipped')     AS is_earned,
    status = 'refunded'               AS is_refunded,
    status = 'cancelled'              AS is_cancelled,
    first_order_at,
    last_order_at
  FROM orders_by_status
  LEFT JOIN items_by_status USING (customer_id, currency, status)
),

customer_sums AS (
  SELECT
    customer_id,
    currency,
    sum(orders)                                              AS orders,
    coalesce(sum(orders) FILTER (WHERE is_earned), 0)        AS earned_orders,
    coalesce(sum(orders) FILTER (WHERE is_refunded), 0)      AS refunded_orders,
    coalesce(sum(orders) FILTER (WHERE is_cancelled), 0)     AS cancelled_orders,
    coalesce(sum(units) FILTER (WHERE is_earned), 0)         AS units,
    coalesce(sum(amount) FILTER (WHERE is_earned), 0)        AS net_revenue,
    coalesce(sum(amount) FILTER (WHERE is_refunded), 0)      AS refunded_amount,
    CAST(min(first_order_at) AS DATE)                        AS first_order_on,
    CAST(max(last_order_at) AS DATE)                         AS last_order_on
  FROM by_status
  GROUP BY customer_id, currency
)

SELECT
  s.customer_id,
  c.name,
  c.country,
  c.segment,
  CAST(c.signed_up_at AS DATE)                                              AS signed_up_on,
  c.marketing_opt_in,
  s.currency,
  CAST(s.orders AS BIGINT)                                                  AS orders,
  CAST(s.earned_orders AS BIGINT)                                           AS earned_orders,
  CAST(s.refunded_orders AS BIGINT)                                         AS refunded_orders,
  CAST(s.cancelled_orders AS BIGINT)                                        AS cancelled_orders,
  CAST(s.units AS BIGINT)                                                   AS units,
  CAST(s.net_revenue AS DECIMAL(18, 2))                                     AS net_revenue,
  CAST(s.refunded_amount AS DECIMAL(18, 2))                                 AS refunded_amount,
  CAST(s.net_revenue / nullif(s.earned_orders, 0) AS DECIMAL(18, 2))        AS average_order_value,
  s.first_order_on,
  s.last_order_on,
  -- Counted to the newest order, not to today: the same data then gives the same table tomorrow.
  date_diff('day', s.last_order_on, max(s.last_order_on) OVER ())           AS days_since_last_order,
  -- 1 is the tenth of the customers who brought most.
  ntile(10) OVER (
    PARTITION BY s.currency ORDER BY s.net_revenue DESC, s.customer_id
  )                                                                         AS value_decile
FROM customer_sums AS s
LEFT JOIN customers AS c USING (customer_id)
ORDER BY s.customer_id, s.currency;
