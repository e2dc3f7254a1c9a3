"""A whole text to final HTML, top-level block by block: what a stream must arrive at."""

from __future__ import annotations

from collections.abc import Sequence

from conversations.markdown import brackets, dollars, parser
from conversations.markdown.blocks import line_end, line_start
from conversations.markdown.definitions import Definitions
from conversations.markdown.sanitize import clean
from conversations.markdown.writer import Writer
from conversations.markdown.written import Root, Written


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
    if prices := dollars.has_prices(text):
        raw = dollars.convert(raw, lambda marked: parser.events(marked, definitions, set()))
        text = raw.decode()
    if brackets.has_brackets(text):
        raw = brackets.convert(raw, parser.events(text, definitions, set()))
        text = raw.decode()
    writer = Writer(
        raw,
        footnote_number=definitions.numbering(),
        ignored=ignored,
        continued=ignored + continued if continued else 0,
        resumed_list=resumed_list,
        final=final,
    )
    events = parser.events(text, definitions, missing)
    written = writer.write(dollars.restored(events) if prices else events)
    return written.shifted(ignored) if ignored else written


def render(text: str) -> str:
    """Final HTML of a text: its top-level blocks, each sanitized, joined without anything between."""
    source = parser.normalize(text)
    definitions = Definitions()
    definitions.add(parser.reference_definitions(source), write(source, definitions).footnotes)
    raw = source.encode()
    roots = write(source, definitions).roots
    blocks = []
    for index in range(len(roots)):
        block = raw[block_start(raw, roots, index) : block_end(raw, roots, index)].decode()
        blocks.append(clean("".join(write(block, definitions, final=True).tokens)))
    return "".join(blocks)


def block_start(source: bytes, roots: Sequence[Root], index: int) -> int:
    """Where the source of a top-level block begins; definitions between two blocks belong to the second."""
    if index >= len(roots):
        return len(source)
    if not index:
        return 0
    following = line_start(source, roots[index].start)
    end = block_end(source, roots, index - 1)
    between = source[end:following]
    blank = len(between) - len(between.lstrip(b" \t\n"))
    return following if blank == len(between) else line_start(source, end + blank)


def block_end(source: bytes, roots: Sequence[Root], index: int) -> int:
    """Where it ends, with the rest of its last line."""
    end = roots[index].end
    end = end if source[end - 1 : end] == b"\n" else line_end(source, end)
    return min(end, line_start(source, roots[index + 1].start)) if index + 1 < len(roots) else end
