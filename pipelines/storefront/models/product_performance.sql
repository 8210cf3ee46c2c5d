-- One row: one product of the catalogue, sold or not; and one for every product that was sold but is no longer in the
-- catalogue, without a name and without a margin, because its cost is not known.
--
-- Sales are of paid and shipped orders, without shipping. Refunded units are counted apart; cancelled orders are in
-- nothing. lines_sold is how often it was put on an order, units_sold how many pieces that were.
--
-- Costs are kept in EUR, so only sales in EUR are compared with them: when the shop sells in a second currency, this
-- table needs a rate.

WITH sales AS (
  SELECT
    i.product_id,
    count(*) FILTER (WHERE o.status <> 'refunded')                                      AS lines_sold,
    sum(i.quantity) FILTER (WHERE o.status <> 'refunded')                               AS units_sold,
    sum(i.quantity) FILTER (WHERE o.status = 'refunded')                                AS units_refunded,
    sum(i.quantity * i.unit_price) FILTER (WHERE o.status <> 'refunded')                AS gross_sales,
    sum(coalesce(i.discount, 0)) FILTER (WHERE o.status <> 'refunded')                  AS discounts,
    CAST(min(o.created_at) FILTER (WHERE o.status <> 'refunded') AS DATE)               AS first_sold_on,
    CAST(max(o.created_at) FILTER (WHERE o.status <> 'refunded') AS DATE)               AS last_sold_on
  FROM order_items AS i
  JOIN orders AS o USING (order_id)
  WHERE o.currency = 'EUR' AND o.status IN ('paid', 'shipped', 'refunded')
  GROUP BY i.product_id
),

products_with_sales AS (
  SELECT
    product_id,
    p.sku,
    p.name,
    p.category,
    p.active,
    p.list_price,
    coalesce(s.lines_sold, 0)                               AS lines_sold,
    coalesce(s.units_sold, 0)                               AS units_sold,
    coalesce(s.units_refunded, 0)                           AS units_refunded,
    coalesce(s.gross_sales, 0)                              AS gross_sales,
    coalesce(s.discounts, 0)                                AS discounts,
    coalesce(s.gross_sales, 0) - coalesce(s.discounts, 0)   AS net_sales,
    coalesce(s.units_sold, 0) * p.cost                      AS cost_of_goods,
    s.first_sold_on,
    s.last_sold_on
  FROM products AS p
  FULL JOIN sales AS s USING (product_id)
)

SELECT
  product_id,
  sku,
  name,
  category,
  active,
  CAST(list_price AS DECIMAL(18, 2))                                                       AS list_price,
  lines_sold,
  CAST(units_sold AS BIGINT)                                                               AS units_sold,
  CAST(units_refunded AS BIGINT)                                                           AS units_refunded,
  CAST(gross_sales AS DECIMAL(18, 2))                                                      AS gross_sales,
  CAST(discounts AS DECIMAL(18, 2))                                                        AS discounts,
  CAST(net_sales AS DECIMAL(18, 2))                                                        AS net_sales,
  CAST(cost_of_goods AS DECIMAL(18, 2))                                                    AS cost_of_goods,
  CAST(net_sales - cost_of_goods AS DECIMAL(18, 2))                                        AS margin,
  CAST(100 * (net_sales - cost_of_goods) / nullif(net_sales, 0) AS DECIMAL(9, 2))          AS margin_percent,
  CAST(100 * units_refunded / nullif(units_sold + units_refunded, 0) AS DECIMAL(9, 2))     AS refund_percent,
  rank() OVER (PARTITION BY category ORDER BY net_sales DESC)                              AS rank_in_category,
  first_sold_on,
  last_sold_on
FROM products_with_sales
ORDER BY product_id;
