-- What peers ask SQLite for once the orders are in it. Amounts are whole cents, because doubles do not add up exactly.
INSERT INTO daily_revenue
WITH orders_by_status AS (
  SELECT order_date, channel, currency, status, count(*) AS orders, sum(shipping) AS shipping
  FROM staged_orders GROUP BY 1, 2, 3, 4
),
items_by_status AS (
  SELECT o.order_date, o.channel, o.currency, o.status, sum(i.quantity) AS units,
    sum(i.quantity * i.unit_price) AS gross, sum(i.discount) AS discount
  FROM staged_items AS i JOIN staged_orders AS o USING (order_id) GROUP BY 1, 2, 3, 4
),
by_status AS (
  SELECT order_date, channel, currency, status, orders, shipping, coalesce(units, 0) AS units,
    coalesce(gross, 0) AS gross, coalesce(discount, 0) AS discount
  FROM orders_by_status LEFT JOIN items_by_status USING (order_date, channel, currency, status)
),
days AS (
  SELECT order_date, channel, currency, sum(orders) AS orders,
    coalesce(sum(orders) FILTER (WHERE status IN ('paid', 'shipped')), 0) AS earned_orders,
    coalesce(sum(orders) FILTER (WHERE status = 'refunded'), 0) AS refunded_orders,
    coalesce(sum(orders) FILTER (WHERE status = 'cancelled'), 0) AS cancelled_orders,
    coalesce(sum(units) FILTER (WHERE status IN ('paid', 'shipped')), 0) AS units_sold,
    coalesce(sum(gross) FILTER (WHERE status IN ('paid', 'shipped', 'refunded')), 0) AS gross,
    coalesce(sum(discount) FILTER (WHERE status IN ('paid', 'shipped', 'refunded')), 0) AS discounts,
    coalesce(sum(shipping) FILTER (WHERE status IN ('paid', 'shipped', 'refunded')), 0) AS shipping,
    coalesce(sum(gross - discount + shipping) FILTER (WHERE status = 'refunded'), 0) AS refunds,
    coalesce(sum(gross - discount + shipping) FILTER (WHERE status IN ('paid', 'shipped')), 0) AS net
  FROM by_status GROUP BY 1, 2, 3
)
SELECT order_date, channel, currency, orders, earned_orders, refunded_orders, cancelled_orders, units_sold,
  gross / 100.0, discounts / 100.0, shipping / 100.0, refunds / 100.0, net / 100.0,
  round(net / 100.0 / nullif(earned_orders, 0) * 100) / 100.0
FROM days;

INSERT INTO customer_value
WITH orders_by_status AS (
  SELECT customer_id, currency, status, count(*) AS orders, sum(shipping) AS shipping,
    min(order_date) AS first_order_on, max(order_date) AS last_order_on
  FROM staged_orders GROUP BY 1, 2, 3
),
items_by_status AS (
  SELECT o.customer_id, o.currency, o.status, sum(i.quantity) AS units,
    sum(i.quantity * i.unit_price - i.discount) AS amount
  FROM staged_items AS i JOIN staged_orders AS o USING (order_id) GROUP BY 1, 2, 3
),
by_status AS (
  SELECT customer_id, currency, status, orders, coalesce(units, 0) AS units,
    coalesce(amount, 0) + shipping AS amount, first_order_on, last_order_on
  FROM orders_by_status LEFT JOIN items_by_status USING (customer_id, currency, status)
),
customers_with_orders AS (
  SELECT customer_id, currency, sum(orders) AS orders,
    coalesce(sum(orders) FILTER (WHERE status IN ('paid', 'shipped')), 0) AS earned_orders,
    coalesce(sum(orders) FILTER (WHERE status = 'refunded'), 0) AS refunded_orders,
    coalesce(sum(orders) FILTER (WHERE status = 'cancelled'), 0) AS cancelled_orders,
    coalesce(sum(units) FILTER (WHERE status IN ('paid', 'shipped')), 0) AS units,
    coalesce(sum(amount) FILTER (WHERE status IN ('paid', 'shipped')), 0) AS net,
    coalesce(sum(amount) FILTER (WHERE status = 'refunded'), 0) AS refunded,
    min(first_order_on) AS first_order_on, max(last_order_on) AS last_order_on
  FROM by_status GROUP BY 1, 2
)
SELECT s.customer_id, c.name, c.country, c.segment, date(c.signed_up_at), c.marketing_opt_in, s.currency, s.orders,
  s.earned_orders, s.refunded_orders, s.cancelled_orders, s.units, s.net / 100.0, s.refunded / 100.0,
  round(s.net / 100.0 / nullif(s.earned_orders, 0) * 100) / 100.0, s.first_order_on, s.last_order_on,
  julianday(max(s.last_order_on) OVER ()) - julianday(s.last_order_on),
  ntile(10) OVER (PARTITION BY s.currency ORDER BY s.net DESC, s.customer_id)
FROM customers_with_orders AS s LEFT JOIN shop.customers AS c USING (customer_id);

INSERT INTO product_performance
WITH sales AS (
  SELECT i.product_id,
    count(*) FILTER (WHERE o.status <> 'refunded') AS lines_sold,
    sum(i.quantity) FILTER (WHERE o.status <> 'refunded') AS units_sold,
    sum(i.quantity) FILTER (WHERE o.status = 'refunded') AS units_refunded,
    sum(i.quantity * i.unit_price) FILTER (WHERE o.status <> 'refunded') AS gross,
    sum(i.discount) FILTER (WHERE o.status <> 'refunded') AS discounts,
    min(o.order_date) FILTER (WHERE o.status <> 'refunded') AS first_sold_on,
    max(o.order_date) FILTER (WHERE o.status <> 'refunded') AS last_sold_on
  FROM staged_items AS i JOIN staged_orders AS o USING (order_id)
  WHERE o.currency = 'EUR' AND o.status IN ('paid', 'shipped', 'refunded')
  GROUP BY 1
),
products AS (
  SELECT product_id, p.sku, p.name, p.category, p.active, CAST(round(p.list_price * 100) AS INTEGER) AS list_price,
    coalesce(s.lines_sold, 0) AS lines_sold, coalesce(s.units_sold, 0) AS units_sold,
    coalesce(s.units_refunded, 0) AS units_refunded, coalesce(s.gross, 0) AS gross, coalesce(s.discounts, 0) AS discounts,
    coalesce(s.gross, 0) - coalesce(s.discounts, 0) AS net,
    coalesce(s.units_sold, 0) * CAST(round(p.cost * 100) AS INTEGER) AS cost, s.first_sold_on, s.last_sold_on
  FROM shop.products AS p FULL JOIN sales AS s USING (product_id)
)
SELECT product_id, sku, name, category, active, list_price / 100.0, lines_sold, units_sold, units_refunded,
  gross / 100.0, discounts / 100.0, net / 100.0, cost / 100.0, (net - cost) / 100.0,
  round(100.0 * (net - cost) / nullif(net, 0), 2),
  round(100.0 * units_refunded / nullif(units_sold + units_refunded, 0), 2),
  rank() OVER (PARTITION BY category ORDER BY net DESC), first_sold_on, last_sold_on
FROM products;
