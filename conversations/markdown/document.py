"""A whole text to final HTML, top-level block by block: what a stream must arrive at."""

from __future__ import annotations

from conversations.markdown import parser
from conversations.markdown.blocks import line_end, line_start
from conversations.markdown.definitions import Definitions
from conversations.markdown.sanitize import clean
from conversations.markdown.writer import Writer, Written


def write(
    source: str,
    definitions: Definitions,
    *,
    continued: int = 0,
    resumed_list: str = "",
    final: bool = False,
    unresolved: set[str] | None = None,
) -> Written:
    """Tokens of a source. Offsets in the answer count from its start; see Writer for the options."""
    missing: set[str] = set() if unresolved is None else unresolved
    prefix = definitions.footnote_prefix(source, missing)
    text = prefix + source
    ignored = len(prefix.encode())
    raw = text.encode()
    writer = Writer(
        raw, ignored=ignored, continued=ignored + continued if continued else 0, resumed_list=resumed_list, final=final
    )
    written = writer.write(parser.events(text, definitions, missing))
    return written.shifted(ignored) if ignored else written


def render(text: str) -> str:
    """Final HTML of a text: its top-level blocks, each sanitized, joined without anything between."""
    source = parser.normalize(text)
    definitions = Definitions()
    definitions.add(parser.reference_definitions(source), write(source, definitions).footnotes)
    raw = source.encode()
    blocks = []
    for root in write(source, definitions).roots:
        block = raw[line_start(raw, root.start) : root_end(raw, root.end)].decode()
        blocks.append(clean("".join(write(block, definitions, final=True).tokens)))
    return "".join(blocks)


def root_end(source: bytes, end: int) -> int:
    """The end of a block with the rest of its last line."""
    return end if source[end - 1 : end] == b"\n" else line_end(source, end)
