"""How much work a JSON schema makes of a value: a small schema can ask for more than any machine has time for.

Only schemas of keywords whose work can be foretold are taken; that of others (`unevaluatedProperties`, lookaround in
patterns, schemas with addresses of their own) has been seen to double with every level.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# What a check may cost: about one for a character that is looked at, or copied into an error.
BUDGET = 4_000_000
COST_OF_A_PAIR = 200

FORETOLD = frozenset(
    "$schema $comment $defs definitions $ref title description default examples deprecated readOnly writeOnly format"
    " type enum const properties required additionalProperties minProperties maxProperties items prefixItems minItems"
    " maxItems uniqueItems minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"
    " allOf anyOf oneOf".split()
)
LONGEST_PATTERN = 200
# Groups that look around, name themselves or are referred to: only engines that step back can match them.
STEPS_BACK = re.compile(r"\(\?[^:]|\\[1-9kK]")

Pair = tuple[Any, Any]


def is_affordable(schema: Any, value: Any) -> bool:
    """Whether checking `value`, of some thousand parts at most, is sure to stay within the budget.

    Counts every pair of a schema and a part of the value that could be looked at, each with the part's whole size.
    """
    left = BUDGET
    sizes: dict[int, int] = {}
    _measure(value, sizes)
    pairs: list[Pair] = [(schema, value)]
    while pairs:
        here, part = pairs.pop()
        if not isinstance(here, dict):
            continue
        if not here.keys() <= FORETOLD or not _is_plain_pattern(here.get("pattern")):
            return False
        if "$ref" in here:
            target = _target(schema, here["$ref"])
            if target is None:
                return False
            pairs.append((target, part))
        pairs.extend(_beside(here, part))
        pairs.extend(_within(here, part))
        size = sizes.get(id(part), 1)
        left -= COST_OF_A_PAIR + size + _values_cost(here, size)
        if left < len(pairs) * COST_OF_A_PAIR:
            return False
    return True


def _measure(value: Any, sizes: dict[int, int]) -> int:
    """Note the size of every part that is not a number or the like: its characters, and its members'."""
    if isinstance(value, dict):
        size = sum(len(name) + _measure(member, sizes) for name, member in value.items())
    elif isinstance(value, list):
        size = sum(_measure(member, sizes) for member in value)
    else:
        size = len(value) if isinstance(value, str) else 1
    # The same string may be several parts: its size is the same in all of them.
    sizes[id(value)] = size + 1
    return size + 1


def _values_cost(schema: dict[str, Any], size: int) -> int:
    """Comparing with given values, and matching a pattern."""
    cost = 0
    if "enum" in schema or "const" in schema:
        cost += len(json.dumps([schema.get("enum"), schema.get("const")], default=str)) // 8
    return cost + len(schema.get("pattern", "")) * size // 8


def _is_plain_pattern(pattern: Any) -> bool:
    if pattern is None:
        return True
    return isinstance(pattern, str) and len(pattern) <= LONGEST_PATTERN and not STEPS_BACK.search(pattern)


def _target(root: Any, reference: Any) -> Any | None:
    if reference == "#":
        return root
    if not isinstance(reference, str) or not reference.startswith("#/") or "%" in reference:
        return None
    found = root
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _beside(schema: dict[str, Any], value: Any) -> Iterator[Pair]:
    """What is asked of the value itself."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from ((each, value) for each in _list(schema.get(keyword)))


def _within(schema: dict[str, Any], value: Any) -> Iterator[Pair]:
    """What is asked of its members."""
    if isinstance(value, dict):
        named = schema.get("properties")
        for name, member in value.items():
            yield (named.get(name) if isinstance(named, dict) else None), member
            yield schema.get("additionalProperties"), member
    elif isinstance(value, list):
        if isinstance(schema.get("items"), dict):
            yield from ((schema["items"], member) for member in value)
        for keyword in ("prefixItems", "items"):
            yield from zip(_list(schema.get(keyword)), value, strict=False)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
