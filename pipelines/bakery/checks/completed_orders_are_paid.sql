-- Completed orders that were paid with less than they are worth.
SELECT order_id, amount, paid
FROM orders
WHERE is_underpaid
