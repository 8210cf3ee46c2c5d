-- One row: one day (UTC) and network that reported an earthquake.
SELECT
  CAST(occurred_at AS DATE)                     AS day,
  network,
  count(*)                                      AS earthquakes,
  count(*) FILTER (WHERE magnitude >= 4.5)      AS strong_earthquakes,
  max(magnitude)                                AS max_magnitude,
  max(depth_km)                                 AS max_depth_km,
  CAST(sum(felt_reports) AS BIGINT)             AS felt_reports
FROM earthquakes
GROUP BY day, network
ORDER BY day, network;
