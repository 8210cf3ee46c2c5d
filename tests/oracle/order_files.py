"""Where the records of an order file begin and end, in each of the three forms that the generator writes."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_BLANK = b" \t\r\n"


@dataclass(frozen=True)
class Record:
    file: str
    number: int
    line: int
    offset: int
    raw: bytes
    ends_file: bool
    """The file stops right behind the record, without the end of its line."""


def read_records(data_dir: Path, form: str) -> Iterator[Record]:
    for path in sorted((data_dir / "orders").glob("orders-*.json*")):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        name = path.relative_to(data_dir).as_posix()
        yield from _lines(name, content) if form == "lines" else _elements(name, content, form)


def _lines(name: str, content: bytes) -> Iterator[Record]:
    offset = number = 0
    lines = content.split(b"\n")
    for index, line in enumerate(lines):
        if line.strip(_BLANK):
            number += 1
            yield Record(name, number, index + 1, offset, line, index == len(lines) - 1)
        offset += len(line) + 1


def _elements(name: str, content: bytes, form: str) -> Iterator[Record]:
    start = content.index(b"[") if form == "array" else content.index(b'"orders":[') + len(b'"orders":')
    begin = start + 1
    depth = number = 0
    for token in _TOKEN.finditer(content, start):
        sign = token.group()
        if sign in (b"[", b"{"):
            depth += 1
        elif sign in (b"]", b"}"):
            depth -= 1
        if (sign == b"," and depth == 1) or depth == 0:
            element = content[begin : token.start()]
            offset = begin + len(element) - len(element.lstrip(_BLANK))
            if element.strip(_BLANK):
                number += 1
                line = content.count(b"\n", 0, offset) + 1
                yield Record(name, number, line, offset, element.strip(_BLANK), False)
            begin = token.end()
        if depth == 0:
            return
