-- One row: one decade of release. Some dates in the data are in the future, and stay there.
SELECT
  CAST(year(released_on) // 10 * 10 AS BIGINT)      AS decade,
  count(*)                                          AS films,
  count(imdb_rating)                                AS rated_films,
  CAST(sum(us_gross) AS BIGINT)                     AS us_gross,
  CAST(sum(worldwide_gross) AS BIGINT)              AS worldwide_gross,
  max(imdb_rating)                                  AS best_rating
FROM films
GROUP BY decade
ORDER BY decade;
