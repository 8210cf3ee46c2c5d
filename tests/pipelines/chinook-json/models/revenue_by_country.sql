-- One row: one country that invoices were sent to.
SELECT
  i.BillingCountry                                              AS country,
  count(DISTINCT i.InvoiceId)                                   AS invoices,
  CAST(sum(l.Quantity) AS BIGINT)                               AS units,
  CAST(sum(l.Quantity * l.UnitPrice) AS DECIMAL(18, 2))         AS revenue
FROM Invoice AS i
JOIN InvoiceLine AS l USING (InvoiceId)
GROUP BY i.BillingCountry
ORDER BY revenue DESC, country;
