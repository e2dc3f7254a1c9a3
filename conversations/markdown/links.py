"""Which addresses may be linked or shown, and how a bare address in a text is found."""

from __future__ import annotations

import re
from html import escape

_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"\x00-\x20]+\Z", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+\Z")
_BARE = re.compile(
    r"(?<![\w/@.:=-])(?:https?://|mailto:)[^\s<>\"`\u3000-\u3002\uff01-\uff60]+", re.IGNORECASE
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def is_link(address: str) -> bool:
    """True for http, https and mailto addresses."""
    return _LINK.match(address) is not None


def is_data_image(address: str) -> bool:
    """True for an inline PNG, JPEG, GIF or WebP."""
    return _DATA_IMAGE.match(address) is not None


def link_tag(address: str, title: str = "") -> str:
    """Opening tag; the sanitizer adds `rel`."""
    extra = f' title="{escape(title)}"' if title else ""
    return f'<a href="{escape(address)}"{extra} target="_blank">'


def may_hold_bare_link(text: str) -> bool:
    return "://" in text or "mailto:" in text


def split_bare_links(text: str) -> list[tuple[str, bool]]:
    """`text` in pieces (piece, whether it is an address), in order and without loss."""
    pieces: list[tuple[str, bool]] = []
    last = 0
    for match in _BARE.finditer(text):
        address = _trim(match.group())
        if not is_link(address) or address.lower() in ("http://", "https://", "mailto:"):
            continue
        end = match.start() + len(address)
        if match.start() > last:
            pieces.append((text[last : match.start()], False))
        pieces.append((address, True))
        last = end
    if last < len(text):
        pieces.append((text[last:], False))
    return pieces


def _trim(address: str) -> str:
    """Without the punctuation that belongs to the sentence around it."""
    unopened = {
        closing: address.count(closing) - address.count(opening) for closing, opening in _PAIRS.items()
    }
    end = len(address)
    while end:
        last = address[end - 1]
        if unopened.get(last, 0) > 0:
            unopened[last] -= 1
        elif last not in ".,;:!?'\"*_~":
            break
        end -= 1
    return address[:end]
