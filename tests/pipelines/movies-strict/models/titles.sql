-- One row: one film.
SELECT title, released_on, director, budget, imdb_rating
FROM films
ORDER BY title, released_on, budget;
