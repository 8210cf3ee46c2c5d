#!/usr/bin/env python3
"""Expected result of the storefront pipeline, from its data files alone.

    python3 tests/oracle/storefront.py DATA_DIR OUT_DIR [--without-ledger]

DATA_DIR is what the generator wrote. The ledger in it is read for the form of the files and then compared with; what
is good and what is bad is judged here. Writes daily_revenue.json, customer_value.json, product_performance.json and
rejects.json. Ends with 1 and says what differs when the ledger disagrees, or does not compare, for data that was
changed after it was generated.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from canonical import Table, euros, quotient
from order_files import Record, read_records
from strict_json import Rejected, parse_object

TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d)")
INT64 = range(-(2**63), 2**63)


@dataclass
class Item:
    product_id: int
    quantity: int
    price_cents: int
    discount_cents: int


@dataclass
class Order:
    order_id: str
    customer_id: int
    day: date
    status: str
    channel: str
    currency: str
    shipping_cents: int
    items: list


def text(value: object) -> str:
    # Numbers would be taken as text; the data has none in these fields.
    if not isinstance(value, str):
        raise Rejected("type_mismatch", f"{value!r} is no text")
    return value


def integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Rejected("type_mismatch", f"{value!r} is no number")
    if value != int(value):
        raise Rejected("type_mismatch", f"{value} has a fraction")
    if int(value) not in INT64:
        raise Rejected("number_out_of_range", str(value))
    return int(value)


def cents(value: object) -> int:
    """A decimal(18,2) in cents."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Rejected("type_mismatch", f"{value!r} is no number")
    exact = Decimal(value)
    if exact.adjusted() > 15:
        raise Rejected("number_out_of_range", str(value))
    hundredfold = exact.scaleb(2)
    if hundredfold != int(hundredfold):
        raise Rejected("number_precision_loss", str(value))
    return int(hundredfold)


def utc_day(value: object) -> date:
    match = TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Rejected("type_mismatch", f"{value!r} is no timestamp")
    zone = match.group(7)
    offset = timedelta(0)
    if zone != "Z":
        offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[4:]))
    try:
        local = datetime(*(int(part) for part in match.groups()[:6]), tzinfo=timezone(offset))
    except ValueError as error:
        raise Rejected("type_mismatch", f"{value}: {error}") from error
    return local.astimezone(timezone.utc).date()


ABSENT = object()


def at(record: dict, path: str) -> object:
    """What hangs on an absent value is absent, what hangs on null is null."""
    value: object = record
    for key in path.split("."):
        if value is None or value is ABSENT:
            return value
        if not isinstance(value, dict):
            raise Rejected("type_mismatch", f"no object on the way to {path}")
        value = value.get(key, ABSENT)
    return value


def required(record: dict, path: str, read):
    value = at(record, path)
    if value is ABSENT:
        raise Rejected("missing_field", path)
    if value is None:
        raise Rejected("null_violation", path)
    return read(value)


def optional(record: dict, path: str, read, default=None):
    value = at(record, path)
    return default if value is None or value is ABSENT else read(value)


def elements(value: object) -> list:
    if not isinstance(value, list):
        raise Rejected("type_mismatch", "items are no array")
    for element in value:
        if not isinstance(element, dict):
            raise Rejected("not_an_object", f"{element!r} among the items")
    return value


def judge(record: Record) -> Order:
    try:
        value = parse_object(record.raw)
    except Rejected as rejected:
        if rejected.reason == "json_syntax" and record.ends_file:
            raise Rejected("truncated_record", "the file ends in the record") from rejected
        raise
    optional(value, "channel.campaign", text)
    optional(value, "shipping.city", text)
    required(value, "shipping.country", text)
    return Order(
        order_id=required(value, "order_id", text),
        customer_id=required(value, "customer_id", integer),
        day=required(value, "created_at", utc_day),
        status=required(value, "status", text),
        channel=required(value, "channel.name", text),
        currency=required(value, "currency", text),
        shipping_cents=required(value, "shipping.cost", cents),
        items=[
            Item(
                product_id=required(item, "product_id", integer),
                quantity=required(item, "quantity", integer),
                price_cents=required(item, "unit_price", cents),
                discount_cents=optional(item, "discount", cents, 0),
            )
            for item in optional(value, "items", elements, [])
        ],
    )


@dataclass
class Sums:
    orders: Counter = field(default_factory=Counter)
    units: Counter = field(default_factory=Counter)
    gross: Counter = field(default_factory=Counter)
    discount: Counter = field(default_factory=Counter)
    shipping: Counter = field(default_factory=Counter)
    first: date = date.max
    last: date = date.min

    def add(self, order: Order) -> None:
        self.orders[order.status] += 1
        self.shipping[order.status] += order.shipping_cents
        for item in order.items:
            self.units[order.status] += item.quantity
            self.gross[order.status] += item.quantity * item.price_cents
            self.discount[order.status] += item.discount_cents
        self.first = min(self.first, order.day)
        self.last = max(self.last, order.day)

    def paid_for(self, *statuses: str) -> int:
        return sum(self.gross[s] - self.discount[s] + self.shipping[s] for s in statuses)


EARNED = ("paid", "shipped")
CHARGED = ("paid", "shipped", "refunded")


def of(counter: Counter, statuses: tuple) -> int:
    return sum(counter[status] for status in statuses)


def daily_revenue(orders: list) -> Table:
    table = Table(
        "daily_revenue",
        [
            ("order_date", "date"), ("channel", "text"), ("currency", "text"), ("orders", "integer"),
            ("earned_orders", "integer"), ("refunded_orders", "integer"), ("cancelled_orders", "integer"),
            ("units_sold", "integer"), ("gross_sales", "decimal(18,2)"), ("discounts", "decimal(18,2)"),
            ("shipping", "decimal(18,2)"), ("refunds", "decimal(18,2)"), ("net_revenue", "decimal(18,2)"),
            ("average_order_value", "decimal(18,2)"),
        ],
    )  # fmt: skip
    groups: dict = defaultdict(Sums)
    for order in orders:
        groups[order.day, order.channel, order.currency].add(order)
    for key, sums in sorted(groups.items()):
        earned_orders = of(sums.orders, EARNED)
        net = sums.paid_for(*EARNED)
        table.rows.append(
            [
                *key, sum(sums.orders.values()), earned_orders, sums.orders["refunded"], sums.orders["cancelled"],
                of(sums.units, EARNED), euros(of(sums.gross, CHARGED)), euros(of(sums.discount, CHARGED)),
                euros(of(sums.shipping, CHARGED)), euros(sums.paid_for("refunded")), euros(net),
                quotient(net / 100, earned_orders),
            ]
        )  # fmt: skip
    return table


def customer_value(orders: list, shop: sqlite3.Connection) -> Table:
    table = Table(
        "customer_value",
        [
            ("customer_id", "integer"), ("name", "text"), ("country", "text"), ("segment", "text"),
            ("signed_up_on", "date"), ("marketing_opt_in", "boolean"), ("currency", "text"), ("orders", "integer"),
            ("earned_orders", "integer"), ("refunded_orders", "integer"), ("cancelled_orders", "integer"),
            ("units", "integer"), ("net_revenue", "decimal(18,2)"), ("refunded_amount", "decimal(18,2)"),
            ("average_order_value", "decimal(18,2)"), ("first_order_on", "date"), ("last_order_on", "date"),
            ("days_since_last_order", "integer"), ("value_decile", "integer"),
        ],
    )  # fmt: skip
    people = {
        row[0]: row[1:]
        for row in shop.execute(
            "SELECT customer_id, name, country, segment, substr(signed_up_at, 1, 10), marketing_opt_in FROM customers"
        )
    }
    groups: dict = defaultdict(Sums)
    for order in orders:
        groups[order.customer_id, order.currency].add(order)
    newest = max((sums.last for sums in groups.values()), default=None)
    deciles = _deciles(groups)
    for (customer_id, currency), sums in sorted(groups.items()):
        earned_orders = of(sums.orders, EARNED)
        net = sums.paid_for(*EARNED)
        table.rows.append(
            [
                customer_id, *people.get(customer_id, (None,) * 5), currency, sum(sums.orders.values()), earned_orders,
                sums.orders["refunded"], sums.orders["cancelled"], of(sums.units, EARNED), euros(net),
                euros(sums.paid_for("refunded")), quotient(net / 100, earned_orders), sums.first, sums.last,
                (newest - sums.last).days, deciles[customer_id, currency],
            ]
        )  # fmt: skip
    return table


def _deciles(groups: dict) -> dict:
    """ntile(10) for each currency: the first tenths get one more when the customers do not divide by ten."""
    result = {}
    for currency in {currency for _, currency in groups}:
        ranked = sorted(
            (key for key in groups if key[1] == currency), key=lambda key: (-groups[key].paid_for(*EARNED), key[0])
        )
        size, larger = divmod(len(ranked), 10)
        sizes = [size + (tenth < larger) for tenth in range(10)]
        tenths = [tenth + 1 for tenth, members in enumerate(sizes) for _ in range(members)]
        result.update(zip(ranked, tenths))
    return result


def product_performance(orders: list, shop: sqlite3.Connection) -> Table:
    table = Table(
        "product_performance",
        [
            ("product_id", "integer"), ("sku", "text"), ("name", "text"), ("category", "text"), ("active", "boolean"),
            ("list_price", "decimal(18,2)"), ("lines_sold", "integer"), ("units_sold", "integer"),
            ("units_refunded", "integer"), ("gross_sales", "decimal(18,2)"), ("discounts", "decimal(18,2)"),
            ("net_sales", "decimal(18,2)"), ("cost_of_goods", "decimal(18,2)"), ("margin", "decimal(18,2)"),
            ("margin_percent", "decimal(9,2)"), ("refund_percent", "decimal(9,2)"), ("rank_in_category", "integer"),
            ("first_sold_on", "date"), ("last_sold_on", "date"),
        ],
    )  # fmt: skip
    catalogue = {
        row[0]: row[1:]
        for row in shop.execute(
            "SELECT product_id, sku, name, category, active,"
            " CAST(round(list_price * 100) AS INTEGER), CAST(round(cost * 100) AS INTEGER) FROM products"
        )
    }
    counts: dict = defaultdict(Counter)
    days: dict = defaultdict(list)
    for order in orders:
        if order.currency != "EUR" or order.status not in CHARGED:
            continue
        for item in order.items:
            sold = counts[item.product_id]
            if order.status == "refunded":
                sold["refunded"] += item.quantity
                continue
            sold["lines"] += 1
            sold["units"] += item.quantity
            sold["gross"] += item.quantity * item.price_cents
            sold["discount"] += item.discount_cents
            days[item.product_id].append(order.day)

    nets = defaultdict(list)
    products = sorted(catalogue.keys() | counts.keys())
    for product_id in products:
        category = catalogue.get(product_id, (None,) * 6)[2]
        nets[category].append(counts[product_id]["gross"] - counts[product_id]["discount"])
    for product_id in products:
        sku, name, category, active, list_price, cost = catalogue.get(product_id, (None,) * 6)
        sold = counts[product_id]
        net = sold["gross"] - sold["discount"]
        spent = None if cost is None else sold["units"] * cost
        table.rows.append(
            [
                product_id, sku, name, category, active, None if list_price is None else euros(list_price),
                sold["lines"], sold["units"], sold["refunded"], euros(sold["gross"]), euros(sold["discount"]),
                euros(net), None if spent is None else euros(spent), None if spent is None else euros(net - spent),
                None if spent is None else quotient(net - spent, net / 100),
                quotient(100 * sold["refunded"], sold["units"] + sold["refunded"]),
                1 + sum(other > net for other in nets[category]),
                min(days[product_id], default=None), max(days[product_id], default=None),
            ]
        )  # fmt: skip
    return table


def totals_of(orders: list) -> dict:
    items = [item for order in orders for item in order.items]
    return {
        "orders": len(orders),
        "items": len(items),
        "units": sum(item.quantity for item in items),
        "gross_cents": sum(item.quantity * item.price_cents for item in items),
        "discount_cents": sum(item.discount_cents for item in items),
        "shipping_cents": sum(order.shipping_cents for order in orders),
        "orders_by_status": dict(Counter(order.status for order in orders)),
    }


def differences(ledger: dict, totals: dict, rejects: list) -> list:
    expected = dict(ledger["totals"])
    expected["orders_by_status"] = {s: n for s, n in expected["orders_by_status"].items() if n > 0}
    found = [f"totals: {totals} instead of {expected}"] if totals != expected else []
    places = ("file", "line", "record_number", "byte_offset", "byte_length", "reason")
    listed = {tuple(bad[key] for key in places) for bad in ledger["bad_records"]}
    judged = {tuple(bad[key] for key in places) for bad in rejects}
    found += [f"in the ledger, but not rejected here: {place}" for place in sorted(listed - judged)]
    found += [f"rejected here, but not in the ledger: {place}" for place in sorted(judged - listed)]
    return found


def main(data_dir: Path, out_dir: Path, compare: bool) -> int:
    ledger = json.loads((data_dir / "bad-records.json").read_text(encoding="utf-8"))
    orders, rejects = [], []
    for record in read_records(data_dir, ledger["format"]):
        try:
            orders.append(judge(record))
        except Rejected as rejected:
            rejects.append(
                {
                    "file": record.file, "line": record.line, "record_number": record.number,
                    "byte_offset": record.offset, "byte_length": len(record.raw), "reason": rejected.reason,
                }
            )  # fmt: skip
    shop = sqlite3.connect(f"file:{data_dir / 'shop.db'}?mode=ro", uri=True)
    for table in (daily_revenue(orders), customer_value(orders, shop), product_performance(orders, shop)):
        table.write(out_dir)
    (out_dir / "rejects.json").write_text(json.dumps(rejects, indent=2) + "\n", encoding="utf-8")
    found = differences(ledger, totals_of(orders), rejects) if compare else []
    for difference in found:
        print(difference, file=sys.stderr)
    print(f"{len(orders)} orders accepted, {len(rejects)} rejected, tables in {out_dir}")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 3 and sys.argv[3:] != ["--without-ledger"]:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), compare=len(sys.argv) == 3))
