"""The table that a run of the benchmarks ends with: what was measured, how much, and what was aimed for."""

from __future__ import annotations

import math
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `limit` is the largest value aimed for; None where there is no target."""

    name: str
    value: float
    unit: str = ""
    limit: float | None = None

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        return "met" if self.value <= self.limit else "MISSED"


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one scenario, under a heading that says what was done."""

    title: str
    rows: Sequence[Row]


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; infinite if there are none."""
    ordered = sorted(values)
    if not ordered:
        return math.inf
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def progress(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def table(sections: Iterable[Section]) -> str:
    lines = [
        f"Chatsite benchmarks: Python {platform.python_version()}, {psutil.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, load average {psutil.getloadavg()[0]:.1f}",
        "",
        f"{'':<62}{'measured':>14}  {'target':>14}",
    ]
    for section in sections:
        lines += ["", section.title]
        for row in section.rows:
            limit = "" if row.limit is None else f"<= {_quantity(row.limit, row.unit)}"
            lines.append(
                f"  {row.name:<60}{_quantity(row.value, row.unit):>14}  {limit:>14}  {row.verdict}".rstrip()
            )
    return "\n".join(lines)


def _quantity(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 or value == round(value) else 1 if abs(value) >= 10 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()
