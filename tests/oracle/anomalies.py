#!/usr/bin/env python3
"""Judges series of measures on its own: reads cases as JSON lines, writes verdicts and scores as JSON lines.

A case: {"value": 5, "baseline": [...], "threshold": 3, "direction": "both", "floor": 0, "floorIn": "measure", "failOnZero": false},
the baseline newest first. Exact fractions up to the square root, by Python's own statistics.
"""

import json
import math
import statistics
import sys
from fractions import Fraction

MIN_RUNS = 7


def judge(case: dict) -> dict:
    value = case["value"]
    if value is None:
        return {"verdict": "unknown"}
    if case["failOnZero"] and value == 0:
        return {"verdict": "bad"}
    baseline = [Fraction(number) for number in case["baseline"]]
    if len(baseline) < MIN_RUNS:
        return {"verdict": "no_baseline"}
    difference = Fraction(value) - statistics.mean(baseline)
    variance = statistics.variance(baseline)
    if difference == 0:
        score = 0.0
    elif variance == 0:
        score = math.copysign(math.inf, difference)
    else:
        score = math.copysign(math.sqrt(difference * difference / variance), difference)
    beyond = {
        "up": score > case["threshold"],
        "down": -score > case["threshold"],
        "both": abs(score) > case["threshold"],
    }[case["direction"]]
    floor = Fraction(case["floor"])
    if case["floorIn"] == "share":
        floor *= abs(statistics.mean(baseline))
    is_bad = beyond and abs(difference) >= floor
    return {"verdict": "bad" if is_bad else "good", "score": score if math.isfinite(score) else str(score)}


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))
