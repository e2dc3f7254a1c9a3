"""The last door: every piece of HTML passes one of these allow-lists before it leaves the package."""

from __future__ import annotations

from typing import Final

import nh3

from conversations.markdown.links import is_data_image

_MATH_ATTRIBUTES = {
    "accent", "accentunder", "class", "columnalign", "columnlines", "columnspacing", "columnspan", "depth", "dir",
    "display", "displaystyle", "fence", "form", "frame", "framespacing", "height", "largeop", "linethickness",
    "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rowspan",
    "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
_MATH_TAGS = (
    "math maction menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot "
    "mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover"
).split()
_TAGS = (
    "a b blockquote br button code del details div em h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre s "
    "small span strong sub summary sup table tbody td th thead tr u ul"
).split()
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "target", "class", "data-src"},
    "blockquote": {"class"},
    "button": {"class", "data-copy-code"},
    "code": {"class"},
    "div": {"class", "data-language", "role", "tabindex"},
    "img": {"src", "alt", "title"},
    "input": {"checked", "disabled"},
    "li": {"class"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"tabindex"},
    "span": {"class", "data-src"},
    "sup": {"class"},
    "td": {"class", "colspan"},
    "th": {"class", "scope"},
    **dict.fromkeys(_MATH_TAGS, _MATH_ATTRIBUTES),
}
STREAMED_TAGS: Final = (
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "tbody",
    "code",
    "details",
)
"""Elements that carry an id while they may still grow."""


def _image_source(tag: str, attribute: str, value: str) -> str | None:
    if value[:5].lower() == "data:":
        return value if (tag, attribute) == ("img", "src") and is_data_image(value) else None
    return value


def _cleaner(*, ids: bool, images: bool) -> nh3.Cleaner:
    attributes = {tag: set(names) for tag, names in _ATTRIBUTES.items()}
    if ids:
        for tag in STREAMED_TAGS:
            attributes.setdefault(tag, set()).add("id")
    return nh3.Cleaner(
        tags={*_TAGS, *_MATH_TAGS},
        attributes=attributes,
        attribute_filter=_image_source if images else None,
        tag_attribute_values={"input": {"type": {"checkbox"}}, "button": {"type": {"button"}}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "data"} if images else {"http", "https", "mailto"},
        url_relative="deny",
    )


_FINAL = _cleaner(ids=False, images=False)
_FINAL_IMAGES = _cleaner(ids=False, images=True)
_STREAM = _cleaner(ids=True, images=False)
_STREAM_IMAGES = _cleaner(ids=True, images=True)
_CONTEXTS = {
    "<tr": ("<table><tbody>", "</tbody></table>"),
    "<td": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "<th>": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "<th ": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "<thea": ("<table>", "</table>"),
    "<tbod": ("<table>", "</table>"),
}


def clean(html: str) -> str:
    """A whole block as it is stored."""
    return _pass(html, _FINAL, _FINAL_IMAGES)


def clean_fragment(html: str) -> str:
    """What goes into a growing block: like `clean`, with ids, and parts of a table may stand alone."""
    for beginning, (before, after) in _CONTEXTS.items():
        if html.startswith(beginning):
            cleaned = _pass(before + html + after, _STREAM, _STREAM_IMAGES)
            return cleaned.removeprefix(before).removesuffix(after)
    return _pass(html, _STREAM, _STREAM_IMAGES)


def _pass(html: str, cleaner: nh3.Cleaner, with_images: nh3.Cleaner) -> str:
    if "<" not in html:
        return html
    return (with_images if "<img" in html else cleaner).clean(html)
