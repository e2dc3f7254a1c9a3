"""Tokens of the pieces that a reader acts on: code blocks, images, addresses that are not linked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from conversations.markdown import links

_LANGUAGE = re.compile(r"[\w+#.-]{1,40}", re.ASCII)


def code_opening(language: str) -> tuple[str, ...]:
    """Everything of a code block before its text. The page gives the button its words: readers differ in language."""
    known = f' data-language="{language.lower()}"' if _LANGUAGE.fullmatch(language) else ""
    name = (escape(language, quote=False),) if language else ()
    return (
        f'<div class="code-block"{known}>', '<div class="code-head">', '<span class="code-language">', *name, "</span>",
        '<button type="button" class="code-copy" data-copy-code>', "</button>", "</div>", '<pre tabindex="0">',
        '<code class="highlight">',
    )  # fmt: skip


CODE_CLOSING = ("</code>", "</pre>", "</div>")


def target_tokens(address: str, text: str = "") -> tuple[str, ...]:
    """An address that is not linked, as text, so that it is not lost."""
    if not address:
        return ()
    shown = f"{text} ({address})" if text else f"({address})"
    return ('<span class="link-target">', escape(shown, quote=False), "</span>")


def image_tokens(text: str, image: Mapping[str, str], *, inside_link: bool) -> tuple[str, ...]:
    """Images from other hosts are placeholders: loading one would tell its host what was said."""
    address = image["dest_url"]
    if links.is_data_image(address):
        return (f'<img src="{address}" alt="{escape(text)}">',)
    if not links.is_link(address) or address[:7].lower() == "mailto:":
        return target_tokens(address, text)
    shown = escape(text or address, quote=False)
    quoted = escape(address)
    if inside_link:
        return (f'<span class="remote-image" data-src="{quoted}">', shown, "</span>")
    return (f'<a class="remote-image" data-src="{quoted}" href="{quoted}" target="_blank">', shown, "</a>")
