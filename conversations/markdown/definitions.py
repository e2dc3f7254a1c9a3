"""Link and footnote labels that are defined so far; the first definition of a label wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_FOOTNOTE = re.compile(r"\[\^([^\]\[\n]{1,200})\]")


class Definitions:
    """Labels of one text. Footnote labels carry a leading `^` in keys, as in the source."""

    def __init__(self) -> None:
        self._links: dict[str, tuple[str, str]] = {}
        self._footnotes: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    @staticmethod
    def key(label: str) -> str:
        """The form under which labels are equal: case and runs of white space do not count."""
        return " ".join(label.split()).casefold()

    def link(self, label: str) -> tuple[str, str] | None:
        """(destination, title) of a link label."""
        return self._links.get(self.key(label))

    def add(self, links: Mapping[str, tuple[str, str]], footnotes: Iterable[str]) -> list[str]:
        """Take new definitions in document order; returns the keys that were not known before."""
        added = []
        for label, target in links.items():
            key = self.key(label)
            if key not in self._links:
                self._links[key] = target
                added.append(key)
        for label in footnotes:
            key = "^" + self.key(label)
            if key not in self._footnotes:
                self._footnotes[key] = label
                self._numbers[key] = len(self._footnotes)
                added.append(key)
        return added

    def numbering(self) -> Callable[[str], int]:
        """The number of a footnote label: footnotes count in the order of their definitions.

        What is defined later changes no number, so a block that was sent keeps its own. Labels that are not known
        get the numbers that follow, until they are.
        """
        fresh: dict[str, int] = {}

        def number(label: str) -> int:
            key = "^" + self.key(label)
            return self._numbers.get(key) or fresh.setdefault(key, len(self._numbers) + len(fresh) + 1)

        return number

    def footnote_prefix(self, source: str, unresolved: set[str]) -> str:
        """Lines to put before `source` so that the parser knows the footnotes it refers to.

        The parser accepts `[^1]` only beside its definition. The heading ends the last definition.
        """
        if "[^" not in source:
            return ""
        lines = []
        for label in dict.fromkeys(_FOOTNOTE.findall(source)):
            key = "^" + self.key(label)
            if key in self._footnotes:
                lines.append(f"[^{self._footnotes[key]}]: x\n")
            else:
                unresolved.add(key)
        return "".join(lines) + "#\n" if lines else ""
