"""RFC 8259 to the letter, as the Python standard library reads it once its own leniencies are taken away.

Nothing here knows how millrace reads JSON: two readers that were made apart and agree are worth more than one.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal

MAX_DEPTH = 256

_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class Rejected(Exception):
    """A record that must not be loaded. `reason` is one of millrace's reason codes."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def parse_object(raw: bytes) -> dict:
    """The object that these bytes are. Integers stay int, every other number is an exact Decimal."""
    try:
        text = raw.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise Rejected("invalid_utf8", str(error)) from error
    if _depth(raw) > MAX_DEPTH:
        raise Rejected("depth_exceeded", f"more than {MAX_DEPTH} levels")
    try:
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_int=int,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_duplicates,
        )
    except ValueError as error:
        raise Rejected("json_syntax", str(error)) from error
    if not isinstance(value, dict):
        raise Rejected("not_an_object", type(value).__name__)
    # Python lets half a surrogate pair into a string (only an escape can bring one); writing it down fails.
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
        except UnicodeEncodeError as error:
            raise Rejected("invalid_unicode", str(error)) from error
    return value


def _refuse_constant(name: str) -> None:
    raise Rejected("json_syntax", f"{name} is no JSON number")


def _refuse_duplicates(pairs: list) -> dict:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Rejected("duplicate_key", ", ".join(key for key, _ in pairs))
    return result


def _depth(raw: bytes) -> int:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for match in _STRUCTURE.finditer(raw):
        if match.group() in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif match.group() in (b"]", b"}"):
            depth -= 1
    return deepest
