-- One row: one album of 2019 or later.
SELECT year_released, length_ms, album, artist
FROM albums
WHERE year_released >= 2019
ORDER BY year_released, artist, album, length_ms;
