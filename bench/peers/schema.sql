-- The three tables that every peer fills.
CREATE TABLE daily_revenue (
  order_date DATE, channel TEXT, currency TEXT, orders INTEGER, earned_orders INTEGER, refunded_orders INTEGER,
  cancelled_orders INTEGER, units_sold INTEGER, gross_sales DECIMAL(18,2), discounts DECIMAL(18,2),
  shipping DECIMAL(18,2), refunds DECIMAL(18,2), net_revenue DECIMAL(18,2), average_order_value DECIMAL(18,2)
);
CREATE TABLE customer_value (
  customer_id INTEGER, name TEXT, country TEXT, segment TEXT, signed_up_on DATE, marketing_opt_in BOOLEAN,
  currency TEXT, orders INTEGER, earned_orders INTEGER, refunded_orders INTEGER, cancelled_orders INTEGER,
  units INTEGER, net_revenue DECIMAL(18,2), refunded_amount DECIMAL(18,2), average_order_value DECIMAL(18,2),
  first_order_on DATE, last_order_on DATE, days_since_last_order INTEGER, value_decile INTEGER
);
CREATE TABLE product_performance (
  product_id INTEGER, sku TEXT, name TEXT, category TEXT, active BOOLEAN, list_price DECIMAL(18,2),
  lines_sold INTEGER, units_sold INTEGER, units_refunded INTEGER, gross_sales DECIMAL(18,2), discounts DECIMAL(18,2),
  net_sales DECIMAL(18,2), cost_of_goods DECIMAL(18,2), margin DECIMAL(18,2), margin_percent DECIMAL(9,2),
  refund_percent DECIMAL(9,2), rank_in_category INTEGER, first_sold_on DATE, last_sold_on DATE
);
