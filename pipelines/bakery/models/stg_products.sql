-- One row: one product of the catalogue. Prices in euros.
SELECT
  sku,
  name,
  lower(trim(category))                          AS category,
  CAST(price_cents / 100.0 AS DECIMAL(10, 2))    AS price,
  CAST(cost_cents / 100.0 AS DECIMAL(10, 2))     AS cost
FROM raw_products
