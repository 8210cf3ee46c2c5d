-- One row: one payment; money given back is negative. Amounts in euros.
SELECT
  payment_id,
  order_id,
  lower(method)                                   AS method,
  CAST(amount_cents / 100.0 AS DECIMAL(10, 2))    AS amount,
  paid_at
FROM raw_payments
