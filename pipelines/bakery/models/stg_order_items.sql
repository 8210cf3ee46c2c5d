-- One row: one line of an order. Lines of orders that are exported twice come twice.
SELECT DISTINCT order_id, line, sku, quantity
FROM raw_order_items
