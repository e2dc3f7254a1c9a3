"""Unknown members of a message, merged over the deltas that bring them; their order is kept."""

from __future__ import annotations

from typing import Any

from .text_repair import MAX_DEPTH, clean_text, clean_value


class MemberMerger:
    """Collects members. Texts are joined unless a delta only repeats them, lists joined, objects merged,
    everything else replaced; null changes nothing."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {}

    def feed(self, members: dict[str, Any]) -> None:
        for name, value in members.items():
            if value is not None:
                self._values.setdefault(clean_text(name), []).append(value)

    def replace(self, members: dict[str, Any]) -> None:
        """Take members of which only the last value counts."""
        for name, value in members.items():
            if value is not None:
                self._values[clean_text(name)] = [value]

    def merged(self) -> dict[str, Any]:
        return {name: clean_value(_merge(values, MAX_DEPTH)) for name, values in self._values.items()}


def _merge(values: list[Any], depth: int) -> Any:
    if len(values) == 1 or depth == 0:
        return values[-1]
    if all(isinstance(value, str) for value in values):
        return values[0] if all(value == values[0] for value in values) else "".join(values)
    if all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    if all(isinstance(value, dict) for value in values):
        inner: dict[str, list[Any]] = {}
        for name, member in (pair for value in values for pair in value.items()):
            if member is not None:
                inner.setdefault(name, []).append(member)
        return {name: _merge(members, depth - 1) for name, members in inner.items()}
    return values[-1]
