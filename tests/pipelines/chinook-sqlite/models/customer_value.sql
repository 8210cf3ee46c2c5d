-- One row: one customer, with the employee who supports them and that employee's manager.
WITH invoice_sums AS (
  SELECT
    InvoiceId,
    sum(Quantity * UnitPrice)  AS revenue
  FROM InvoiceLine
  GROUP BY InvoiceId
)

SELECT
  c.CustomerId                                                    AS customer_id,
  c.FirstName || ' ' || c.LastName                                AS customer,
  c.Company                                                       AS company,
  c.Country                                                       AS country,
  e.FirstName || ' ' || e.LastName                                AS support_rep,
  m.FirstName || ' ' || m.LastName                                AS manager,
  CAST(e.HireDate AS DATE)                                        AS rep_since,
  count(i.InvoiceId)                                              AS invoices,
  CAST(coalesce(sum(s.revenue), 0) AS DECIMAL(18, 2))             AS revenue,
  CAST(coalesce(sum(i.Total), 0) AS DECIMAL(18, 2))               AS invoiced,
  CAST(min(i.InvoiceDate) AS DATE)                                AS first_invoice_on,
  CAST(max(i.InvoiceDate) AS DATE)                                AS last_invoice_on
FROM Customer AS c
LEFT JOIN Employee AS e ON e.EmployeeId = c.SupportRepId
LEFT JOIN Employee AS m ON m.EmployeeId = e.ReportsTo
LEFT JOIN Invoice AS i USING (CustomerId)
LEFT JOIN invoice_sums AS s USING (InvoiceId)
GROUP BY ALL
ORDER BY customer_id;
