-- One row: one order that has payments.
SELECT
  order_id,
  CAST(sum(amount) AS DECIMAL(18, 2))                                                        AS paid,
  CAST(coalesce(sum(amount) FILTER (WHERE method = 'voucher'), 0) AS DECIMAL(18, 2))         AS paid_by_voucher,
  max(paid_at)                                                                               AS last_paid_at
FROM stg_payments
GROUP BY order_id
