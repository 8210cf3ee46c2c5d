#!/usr/bin/env python3
"""Expected results of the pipelines in tests/pipelines, from the files of the data folder alone.

    python3 tests/oracle/real_data.py DATA_DIR OUT_DIR

DATA_DIR holds chinook/, movies/, earthquakes/ and albums/. Writes OUT_DIR/<pipeline folder>/<model>.json.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from canonical import Table


def read_json(path: Path):
    return json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)


def chinook(document: dict, people: dict) -> list:
    """The same three tables from either form of the shop; `document` and `people` map table names to rows."""
    track_of = {track["TrackId"]: track for track in document["Track"]}
    artist_of = {album["AlbumId"]: album["ArtistId"] for album in document["Album"]}
    invoice_of = {invoice["InvoiceId"]: invoice for invoice in document["Invoice"]}
    amount_of: Counter = Counter()
    for line in document["InvoiceLine"]:
        amount_of[line["InvoiceId"]] += money(line["UnitPrice"]) * line["Quantity"]
    return [
        _revenue_by_country(document["InvoiceLine"], invoice_of),
        _revenue_by_genre(document, track_of, artist_of),
        _customer_value(people, document["Invoice"], amount_of),
    ]


def money(value) -> Decimal:
    """SQLite keeps money as a double; what was meant is the nearest cent."""
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _revenue_by_country(lines: list, invoice_of: dict) -> Table:
    table = Table(
        "revenue_by_country",
        [("country", "text"), ("invoices", "integer"), ("units", "integer"), ("revenue", "decimal(18,2)")],
    )
    invoices, units, revenue = defaultdict(set), Counter(), Counter()
    for line in lines:
        country = invoice_of[line["InvoiceId"]]["BillingCountry"]
        invoices[country].add(line["InvoiceId"])
        units[country] += line["Quantity"]
        revenue[country] += money(line["UnitPrice"]) * line["Quantity"]
    for country in sorted(revenue, key=lambda name: (-revenue[name], name)):
        table.rows.append([country, len(invoices[country]), units[country], revenue[country]])
    return table


def _revenue_by_genre(document: dict, track_of: dict, artist_of: dict) -> Table:
    table = Table(
        "revenue_by_genre",
        [
            ("genre_id", "integer"), ("genre", "text"), ("tracks", "integer"), ("artists", "integer"),
            ("lines", "integer"), ("revenue", "decimal(18,2)"),
        ],
    )  # fmt: skip
    tracks, artists, lines, revenue = Counter(), defaultdict(set), Counter(), Counter()
    for track in document["Track"]:
        tracks[track["GenreId"]] += 1
        artists[track["GenreId"]].add(artist_of[track["AlbumId"]])
    for line in document["InvoiceLine"]:
        genre = track_of[line["TrackId"]]["GenreId"]
        lines[genre] += 1
        revenue[genre] += money(line["UnitPrice"]) * line["Quantity"]
    name_of = {genre["GenreId"]: genre["Name"] for genre in document["Genre"]}
    for genre in sorted(name_of, key=lambda number: (-revenue[number], number)):
        table.rows.append(
            [genre, name_of[genre], tracks[genre], len(artists[genre]), lines[genre], Decimal(revenue[genre])]
        )
    return table


def _customer_value(people: dict, invoices: list, amount_of: Counter) -> Table:
    table = Table(
        "customer_value",
        [
            ("customer_id", "integer"), ("customer", "text"), ("company", "text"), ("country", "text"),
            ("support_rep", "text"), ("manager", "text"), ("rep_since", "date"), ("invoices", "integer"),
            ("revenue", "decimal(18,2)"), ("invoiced", "decimal(18,2)"), ("first_invoice_on", "date"),
            ("last_invoice_on", "date"),
        ],
    )  # fmt: skip
    employee_of = {employee["EmployeeId"]: employee for employee in people["Employee"]}
    invoices_of = defaultdict(list)
    for invoice in invoices:
        invoices_of[invoice["CustomerId"]].append(invoice)
    for customer in sorted(people["Customer"], key=lambda row: row["CustomerId"]):
        rep = employee_of[customer["SupportRepId"]]
        theirs = invoices_of[customer["CustomerId"]]
        days = sorted(invoice["InvoiceDate"][:10] for invoice in theirs)
        table.rows.append(
            [
                customer["CustomerId"], full_name(customer), customer["Company"], customer["Country"], full_name(rep),
                full_name(employee_of[rep["ReportsTo"]]), rep["HireDate"][:10], len(theirs),
                sum((amount_of[invoice["InvoiceId"]] for invoice in theirs), Decimal(0)),
                sum((money(invoice["Total"]) for invoice in theirs), Decimal(0)), days[0], days[-1],
            ]
        )  # fmt: skip
    return table


def full_name(person: dict) -> str:
    return f"{person['FirstName']} {person['LastName']}"


def read_database(path: Path) -> dict:
    database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    database.row_factory = sqlite3.Row
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')] for name in names}


def movies(films: list, numbers_are_titles: bool) -> list:
    kept = [film for film in films if isinstance(film["Title"], str) or (numbers_are_titles and film["Title"])]
    by_decade = Table(
        "films_by_decade",
        [
            ("decade", "integer"), ("films", "integer"), ("rated_films", "integer"), ("us_gross", "integer"),
            ("worldwide_gross", "integer"), ("best_rating", "decimal(3,1)"),
        ],
    )  # fmt: skip
    decades = defaultdict(list)
    for film in kept:
        decades[int(film["Release Date"][-4:]) // 10 * 10].append(film)
    for decade, members in sorted(decades.items()):
        rated = values(members, "IMDB Rating")
        by_decade.rows.append(
            [
                decade, len(members), len(rated), total(values(members, "US Gross")),
                total(values(members, "Worldwide Gross")), max(rated, default=None),
            ]
        )  # fmt: skip
    titles = Table(
        "titles",
        [
            ("title", "text"), ("released_on", "date"), ("director", "text"), ("budget", "integer"),
            ("imdb_rating", "decimal(3,1)"),
        ],
    )  # fmt: skip
    for film in kept:
        released = datetime.strptime(film["Release Date"], "%b %d %Y").date()
        titles.rows.append(
            [str(film["Title"]), released, film["Director"], film["Production Budget"], film["IMDB Rating"]]
        )
    titles.rows.sort(key=lambda row: (row[0].encode(), row[1], row[3] is None, row[3] or 0))
    return [by_decade, titles]


def values(rows: list, key: str) -> list:
    return [row[key] for row in rows if row[key] is not None]


def total(numbers: list):
    return sum(numbers) if numbers else None


def earthquakes(collection: dict) -> list:
    by_day = Table(
        "earthquakes_by_day",
        [
            ("day", "date"), ("network", "text"), ("earthquakes", "integer"), ("strong_earthquakes", "integer"),
            ("max_magnitude", "double"), ("max_depth_km", "double"), ("felt_reports", "integer"),
        ],
    )  # fmt: skip
    groups = defaultdict(list)
    for feature in collection["features"]:
        groups[instant(feature["properties"]["time"]).date(), feature["properties"]["net"]].append(feature)
    for key, members in sorted(groups.items()):
        properties = [feature["properties"] for feature in members]
        by_day.rows.append(
            [
                *key, len(members), sum(one["mag"] >= Decimal("4.5") for one in properties),
                max(one["mag"] for one in properties), max(one["geometry"]["coordinates"][2] for one in members),
                total(values(properties, "felt")),
            ]
        )  # fmt: skip
    strongest = Table(
        "strongest",
        [
            ("id", "text"), ("occurred_at", "timestamp"), ("updated_at", "timestamp"), ("magnitude", "double"),
            ("magnitude_type", "text"), ("place", "text"), ("alert", "text"), ("longitude", "double"),
            ("latitude", "double"), ("depth_km", "double"),
        ],
    )  # fmt: skip
    for feature in sorted(collection["features"], key=lambda one: (-one["properties"]["mag"], one["id"])):
        one = feature["properties"]
        if one["mag"] >= Decimal("4.5"):
            strongest.rows.append(
                [
                    feature["id"], instant(one["time"]), instant(one["updated"]), one["mag"], one["magType"],
                    one["place"], one["alert"], *feature["geometry"]["coordinates"],
                ]
            )  # fmt: skip
    return [by_day, strongest]


def instant(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)


def albums(path: Path) -> list:
    table = Table(
        "albums_since",
        [("year_released", "integer"), ("length_ms", "integer"), ("album", "text"), ("artist", "text")],
    )
    text = path.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 509, len(rows)
    for row in rows:
        if int(row["Year Released"]) >= 2019:
            table.rows.append(
                [int(row["Year Released"]), int(row["Album Length"]), row["Album Name"], row["Artist"]]
            )
    table.rows.sort(key=lambda row: (row[0], row[3].encode(), row[2].encode(), row[1]))
    return [table]


def main(data_dir: Path, out_dir: Path) -> None:
    document = read_json(data_dir / "chinook" / "ChinookData.json")
    database = read_database(data_dir / "chinook" / "chinook.sqlite")
    films = read_json(data_dir / "movies" / "movies.json")
    expected = {
        "chinook-json": chinook(document, database),
        "chinook-sqlite": chinook(database, database),
        "movies": movies(films, numbers_are_titles=True),
        "movies-strict": movies(films, numbers_are_titles=False),
        "earthquakes": earthquakes(read_json(data_dir / "earthquakes" / "earthquakes.json")),
        "albums-seed": albums(data_dir / "albums" / "rapcaviar_raw.csv"),
    }
    for pipeline, tables in expected.items():
        for table in tables:
            table.write(out_dir / pipeline)
            print(f"{pipeline}/{table.name}: {len(table.rows)} rows")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
