-- One row: one day (UTC), sales channel and currency in which something was ordered.
--
-- What counts, by the status of the order:
--   paid, shipped  earned
--   refunded       charged and given back: in gross_sales, discounts and shipping, and again in refunds
--   cancelled      never charged: counted as an order, in no amount
-- so that  net_revenue = gross_sales - discounts + shipping - refunds,  and average_order_value is of earned orders.
--
-- Orders and their items are summed apart and then joined: joined first, the shipping of an order with three items
-- would be counted three times.

WITH orders_by_status AS (
  SELECT
    CAST(created_at AS DATE)  AS order_date,
    channel,
    currency,
    status,
    count(*)                  AS orders,
    sum(shipping_cost)        AS shipping
  FROM orders
  GROUP BY ALL
),

items_by_status AS (
  SELECT
    CAST(o.created_at AS DATE)         AS order_date,
    o.channel,
    o.currency,
    o.status,
    sum(i.quantity)                    AS units,
    sum(i.quantity * i.unit_price)     AS gross,
    sum(coalesce(i.discount, 0))       AS discount
  FROM order_items AS i
  JOIN orders AS o USING (order_id)
  GROUP BY ALL
),

by_status AS (
  SELECT
    order_date,
    channel,
    currency,
    orders,
    shipping,
    coalesce(units, 0)                            AS units,
    coalesce(gross, 0)                            AS gross,
    coalesce(discount, 0)                         AS discount,
    status IN ('paid', 'shipped')                 AS is_earned,
    status IN ('paid', 'shipped', 'refunded')     AS is_charged,
    status = 'refunded'                           AS is_refunded,
    status = 'cancelled'                          AS is_cancelled
  FROM orders_by_status
  LEFT JOIN items_by_status USING (order_date, channel, currency, status)
),

days AS (
  SELECT
    order_date,
    channel,
    currency,
    sum(orders)                                                                AS orders,
    coalesce(sum(orders) FILTER (WHERE is_earned), 0)                          AS earned_orders,
    coalesce(sum(orders) FILTER (WHERE is_refunded), 0)                        AS refunded_orders,
    coalesce(sum(orders) FILTER (WHERE is_cancelled), 0)                       AS cancelled_orders,
    coalesce(sum(units) FILTER (WHERE is_earned), 0)                           AS units_sold,
    coalesce(sum(gross) FILTER (WHERE is_charged), 0)                          AS gross_sales,
    coalesce(sum(discount) FILTER (WHERE is_charged), 0)                       AS discounts,
    coalesce(sum(shipping) FILTER (WHERE is_charged), 0)                       AS shipping,
    coalesce(sum(gross - discount + shipping) FILTER (WHERE is_refunded), 0)   AS refunds,
    coalesce(sum(gross - discount + shipping) FILTER (WHERE is_earned), 0)     AS net_revenue
  FROM by_status
  GROUP BY order_date, channel, currency
)

SELECT
  order_date,
  channel,
  currency,
  CAST(orders AS BIGINT)                                                AS orders,
  CAST(earned_orders AS BIGINT)                                         AS earned_orders,
  CAST(refunded_orders AS BIGINT)                                       AS refunded_orders,
  CAST(cancelled_orders AS BIGINT)                                      AS cancelled_orders,
  CAST(units_sold AS BIGINT)                                            AS units_sold,
  CAST(gross_sales AS DECIMAL(18, 2))                                   AS gross_sales,
  CAST(discounts AS DECIMAL(18, 2))                                     AS discounts,
  CAST(shipping AS DECIMAL(18, 2))                                      AS shipping,
  CAST(refunds AS DECIMAL(18, 2))                                       AS refunds,
  CAST(net_revenue AS DECIMAL(18, 2))                                   AS net_revenue,
  CAST(net_revenue / nullif(earned_orders, 0) AS DECIMAL(18, 2))        AS average_order_value
FROM days
ORDER BY order_date, channel, currency;
