-- One row: one earthquake of magnitude 4.5 or more.
SELECT id, occurred_at, updated_at, magnitude, magnitude_type, place, alert, longitude, latitude, depth_km
FROM earthquakes
WHERE magnitude >= 4.5
ORDER BY magnitude DESC, id;
