"""Records by json, tables by pandas, and to_sql into SQLite.

python3 bench/peers/pandas_script.py <data folder> <target.db>
"""

import json
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pandas as pd

EARNED = ["paid", "shipped"]


def cents(amounts):
    """Whole cents, because doubles do not add up exactly."""
    return (amounts.fillna(0) * 100).round().astype("int64")


def to_cent(amounts):
    """Rounds half away from zero, as databases do."""
    return np.sign(amounts) * np.floor(np.abs(amounts) * 100 + 0.5) / 100


def read_orders(folder):
    records = []
    for file in sorted(folder.glob("orders/*.json")):
        with open(file, encoding="utf-8") as lines:
            records.extend(json.loads(line) for line in lines if line.strip())
    for record in records:
        record["items"] = record.get("items") or []
    orders = pd.json_normalize(records).drop(columns="items")
    items = pd.json_normalize(records, record_path="items", meta="order_id")
    orders["order_date"] = pd.to_datetime(orders["created_at"], utc=True).dt.strftime("%Y-%m-%d")
    orders = orders.rename(columns={"channel.name": "channel"})
    orders["shipping"] = cents(orders["shipping.cost"])
    items["gross"] = items["quantity"] * cents(items["unit_price"])
    items["discount"] = cents(items["discount"])
    return orders, items


def with_amounts(orders, items):
    sums = items.groupby("order_id").agg(units=("quantity", "sum"), gross=("gross", "sum"), discounts=("discount", "sum"))
    orders = orders.merge(sums, on="order_id", how="left")
    for column in ["units", "gross", "discounts"]:
        orders[column] = orders[column].fillna(0).astype("int64")
    earned, refunded = orders["status"].isin(EARNED), orders["status"] == "refunded"
    orders["orders"], orders["earned_orders"], orders["refunded_orders"] = 1, earned.astype(int), refunded.astype(int)
    orders["cancelled_orders"] = (orders["status"] == "cancelled").astype(int)
    amount = orders["gross"] - orders["discounts"] + orders["shipping"]
    orders["net"], orders["refunded"] = amount.where(earned, 0), amount.where(refunded, 0)
    orders["units"] = orders["units"].where(earned, 0)
    for column in ["gross", "discounts", "shipping"]:
        orders[column] = orders[column].where(earned | refunded, 0)
    return orders


COUNTS = ["orders", "earned_orders", "refunded_orders", "cancelled_orders", "units"]


def make_daily_revenue(orders):
    amounts = ["gross", "discounts", "shipping", "refunded", "net"]
    days = orders.groupby(["order_date", "channel", "currency"], as_index=False)[COUNTS + amounts].sum()
    for column in amounts:
        days[column] = days[column] / 100
    days["average_order_value"] = to_cent(days["net"] / days["earned_orders"].replace(0, np.nan))
    names = {"units": "units_sold", "gross": "gross_sales", "refunded": "refunds", "net": "net_revenue"}
    return days.rename(columns=names)


def make_customer_value(orders, shop):
    groups = orders.groupby(["customer_id", "currency"], as_index=False)
    sums = groups[COUNTS + ["net", "refunded"]].sum()
    dates = groups.agg(first_order_on=("order_date", "min"), last_order_on=("order_date", "max"))
    value = sums.merge(dates, on=["customer_id", "currency"])
    customers = pd.read_sql("SELECT * FROM customers", shop).drop(columns="email")
    value = value.merge(customers, on="customer_id", how="left")
    value["signed_up_on"] = pd.to_datetime(value.pop("signed_up_at"), utc=True).dt.strftime("%Y-%m-%d")
    last = pd.to_datetime(value["last_order_on"])
    value["days_since_last_order"] = (last.max() - last).dt.days
    value = value.sort_values(["currency", "net", "customer_id"], ascending=[True, False, True])
    place, rows = value.groupby("currency").cumcount(), value.groupby("currency")["net"].transform("size")
    small, larger = rows // 10, rows % 10
    in_larger = place < larger * (small + 1)
    value["value_decile"] = 1 + np.where(
        in_larger, place // (small + 1), larger + (place - larger * (small + 1)) // np.maximum(small, 1)
    )
    value["net_revenue"], value["refunded_amount"] = value.pop("net") / 100, value.pop("refunded") / 100
    value["average_order_value"] = to_cent(value["net_revenue"] / value["earned_orders"].replace(0, np.nan))
    return value


def make_product_performance(orders, items, shop):
    counted = orders[(orders["currency"] == "EUR") & orders["status"].isin([*EARNED, "refunded"])]
    sold = items.merge(counted[["order_id", "order_date", "status"]], on="order_id")
    refunded = sold[sold["status"] == "refunded"].groupby("product_id").agg(units_refunded=("quantity", "sum"))
    sales = sold[sold["status"] != "refunded"].groupby("product_id").agg(
        lines_sold=("quantity", "size"), units_sold=("quantity", "sum"), gross=("gross", "sum"),
        discounts=("discount", "sum"), first_sold_on=("order_date", "min"), last_sold_on=("order_date", "max"),
    )
    sales = sales.join(refunded, how="outer").reset_index()
    products = pd.read_sql("SELECT * FROM products", shop).merge(sales, on="product_id", how="outer")
    for column in ["lines_sold", "units_sold", "units_refunded", "gross", "discounts"]:
        products[column] = products[column].fillna(0).astype("int64")
    net = products.pop("gross") / 100
    products["gross_sales"], products["discounts"] = net, products["discounts"] / 100
    products["net_sales"] = to_cent(products["gross_sales"] - products["discounts"])
    products["cost_of_goods"] = to_cent(products["units_sold"] * products.pop("cost"))
    products["margin"] = to_cent(products["net_sales"] - products["cost_of_goods"])
    products["margin_percent"] = to_cent(100 * products["margin"] / products["net_sales"].replace(0, np.nan))
    units = (products["units_sold"] + products["units_refunded"]).replace(0, np.nan)
    products["refund_percent"] = to_cent(100 * products["units_refunded"] / units)
    ranks = products.groupby("category", dropna=False)["net_sales"].rank(method="min", ascending=False)
    products["rank_in_category"] = ranks.astype("int64")
    return products


def main():
    folder, target = Path(sys.argv[1]), sys.argv[2]
    orders, items = read_orders(folder)
    shop = sqlite3.connect(folder / "shop.db")
    summed = with_amounts(orders, items)
    tables = {
        "daily_revenue": make_daily_revenue(summed),
        "customer_value": make_customer_value(summed, shop),
        "product_performance": make_product_performance(orders, items, shop),
    }
    database = sqlite3.connect(target)
    database.executescript((Path(__file__).parent / "schema.sql").read_text())
    with database:
        for name, table in tables.items():
            table.to_sql(name, database, if_exists="append", index=False)
    database.close()


main()
