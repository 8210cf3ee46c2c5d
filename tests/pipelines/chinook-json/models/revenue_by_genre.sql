-- One row: one genre, sold or not.
SELECT
  g.GenreId                                                           AS genre_id,
  g.Name                                                              AS genre,
  count(DISTINCT t.TrackId)                                           AS tracks,
  count(DISTINCT a.ArtistId)                                          AS artists,
  count(l.InvoiceLineId)                                              AS lines,
  CAST(coalesce(sum(l.Quantity * l.UnitPrice), 0) AS DECIMAL(18, 2))  AS revenue
FROM Genre AS g
LEFT JOIN Track AS t USING (GenreId)
LEFT JOIN Album AS al USING (AlbumId)
LEFT JOIN Artist AS a USING (ArtistId)
LEFT JOIN InvoiceLine AS l USING (TrackId)
GROUP BY g.GenreId, g.Name
ORDER BY revenue DESC, genre_id;
