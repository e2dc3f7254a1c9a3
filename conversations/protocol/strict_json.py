"""JSON as the standard has it, from people and programs whose mistakes are told to them; and walks over its values."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn


def loads_strictly(text: str, **options: Any) -> Any:
    """json.loads() without what only Python takes for JSON: NaN, infinities, and numbers that become such. Raises
    ValueError and RecursionError; `options` are those of json.loads().
    """
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, **options)


def levels(value: Any) -> Iterator[list[Any]]:
    """The value, its members, their members and so on, level by level, so that no stack is needed."""
    level = [value]
    while level:
        yield level
        level = [
            member
            for item in level
            if isinstance(item, dict | list)
            for member in (item.values() if isinstance(item, dict) else item)
        ]


def is_deeper_than(value: Any, depth: int) -> bool:
    """Whether arrays and objects nest deeper."""
    for number, level in enumerate(levels(value)):
        if number == depth + 1:
            return any(isinstance(member, dict | list) for member in level)
    return False


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
