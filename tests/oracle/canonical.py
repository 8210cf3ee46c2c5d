"""Tables in a form that a test can compare to the last digit: every value is text or null, every column has a type."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any


@dataclass
class Table:
    name: str
    columns: list  # of (name, type); types as in pipeline.yml
    rows: list = field(default_factory=list)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        types = [kind for _, kind in self.columns]
        content = {
            "columns": [{"name": name, "type": kind} for name, kind in self.columns],
            "rows": [[_text(value, kind) for value, kind in zip(row, types)] for row in self.rows],
        }
        text = json.dumps(content, ensure_ascii=False, indent=0)
        (folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind.startswith("decimal"):
        scale = int(kind[:-1].split(",")[1])
        exact = Decimal(value).quantize(Decimal(1).scaleb(-scale))
        if exact != Decimal(value):
            raise ValueError(f"{value} does not fit {kind}")
        return str(exact)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "double":
        return repr(float(value))
    if kind == "timestamp":
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


def euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def quotient(dividend: float, divisor: float) -> Decimal | None:
    """A division as DuckDB does it for decimals (in doubles), rounded to two digits; null when nothing divides."""
    if divisor == 0:
        return None
    return Decimal(dividend / divisor * 100).quantize(Decimal(1), ROUND_HALF_UP).scaleb(-2)
