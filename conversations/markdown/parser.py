"""The one place that calls the Markdown parser, so that every caller reads the same dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pyromark

from conversations.markdown import dollars
from conversations.markdown.definitions import Definitions

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_MATH
    | pyromark.Options.ENABLE_GFM
)
BYTE_ORDER_MARK = "\ufeff"
"""HTML parsers drop it at the beginning of a fragment ..."""
WORD_JOINER = "\u2060"
"""... and this means the same elsewhere."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Events = Iterator[tuple[Any, Any]]


def normalize(text: str) -> str:
    """Text with Unix line ends and without characters that HTML or UTF-8 cannot carry."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if BYTE_ORDER_MARK in text:
        text = text.replace(BYTE_ORDER_MARK, WORD_JOINER)
    return _CONTROL.sub("\ufffd", text) if _CONTROL.search(text) else text


def events(source: str, definitions: Definitions, unresolved: set[str]) -> Events:
    """Parser events with byte ranges; labels without a definition are added to `unresolved`."""
    callback = _resolver(definitions, unresolved) if "[" in source else None
    return cast(
        Events,
        pyromark.events_with_range(source, options=OPTIONS, merge_text=True, broken_link_callback=callback),
    )


def reference_definitions(source: str) -> dict[str, tuple[str, str]]:
    """Link reference definitions of `source`: label as written -> (destination, title)."""
    if "]:" not in source:
        return {}
    found = pyromark.reference_definitions(source, options=OPTIONS)
    return {label: (link["dest"], link["title"] or "") for label, link in found.items()}


def _resolver(definitions: Definitions, unresolved: set[str]) -> Callable[[Any], tuple[str, str] | None]:
    def resolve(link: Any) -> tuple[str, str] | None:
        label: str = dollars.restore(link["reference"])
        target = definitions.link(label)
        if target is None:
            unresolved.add(definitions.key(label))
        return target

    return resolve
