-- One row: one customer, as the newest export has them. A customer who moved comes twice; the later sign-up date wins.
SELECT
  customer_id,
  trim(name)                      AS name,
  nullif(lower(trim(email)), '')  AS email,
  signed_up_on
FROM raw_customers
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY signed_up_on DESC) = 1
