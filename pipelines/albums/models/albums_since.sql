-- One row: one album that appeared in 2019 or later. The file holds the length in milliseconds.

SELECT
  year_released,
  artist,
  album,
  length_ms // 60000                         AS length_minutes,
  printf('%d:%02d', length_ms // 60000, length_ms // 1000 % 60) AS length
FROM albums
WHERE year_released >= 2019
ORDER BY year_released, artist, album;
