"""A small DOM: parses the HTML that the renderer writes and applies the operations of contract to it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"br", "hr", "input", "img"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None] | None = None) -> None:
        self.tag = tag
        self.attributes = attributes or {}
        self.children: list[Element | str] = []

    def add_text(self, text: str) -> None:
        if self.children and isinstance(self.children[-1], str):
            self.children[-1] += text
        else:
            self.children.append(text)

    def content(self, *, ids: bool = False) -> list[Any]:
        """Children as nested lists, to compare."""
        return [
            child
            if isinstance(child, str)
            else [
                child.tag,
                {name: value for name, value in child.attributes.items() if ids or name != "id"},
                child.content(ids=ids),
            ]
            for child in self.children
        ]

    def find(self, element_id: str) -> Element | None:
        for child in self.children:
            if isinstance(child, Element):
                if child.attributes.get("id") == element_id:
                    return child
                if (found := child.find(element_id)) is not None:
                    return found
        return None

    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def elements(self) -> list[Element]:
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child, *child.elements()]
        return found


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"attribute twice in <{tag}>"
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].add_text(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"instruction {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"declaration {data!r}")


def parse(html: str) -> Element:
    """The tree of a fragment; fails when tags are not balanced."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert len(builder._open) == 1, f"<{builder._open[-1].tag}> is not closed"
    return builder.root


class Page:
    """One growing element with the id `element_id`, as a browser holds it."""

    def __init__(self, element_id: str, html: str = "") -> None:
        self.top = Element("body")
        self.element = Element("div", {"id": element_id})
        self.element.children = parse(html).children
        self.top.children = [self.element]

    def apply(self, ops: list[list[Any]]) -> None:
        for op in ops:
            getattr(self, "_" + op[0])(*op[1:])

    def _find(self, element_id: str) -> Element:
        found = self.top.find(element_id)
        assert found is not None, f"no element {element_id}"
        return found

    def _append(self, element_id: str, html: str) -> None:
        self._insert(self._find(element_id), html)

    def _text(self, element_id: str, text: str) -> None:
        element = self._find(element_id)
        assert element.children, "text operation on an element without a text node at its end"
        assert isinstance(element.children[-1], str)
        element.children[-1] += text

    def _patch(self, element_id: str, path: list[int], keep: int, html: str) -> None:
        element = self._find(element_id)
        for index in path:
            child = element.children[index]
            assert isinstance(child, Element), "path leads to a text node"
            element = child
        assert keep <= len(element.children)
        del element.children[keep:]
        self._insert(element, html)

    def _insert(self, element: Element, html: str) -> None:
        added = parse(html).children
        if added and element.children:
            both_text = isinstance(added[0], str) and isinstance(element.children[-1], str)
            assert not both_text, "two text nodes would be neighbours: a joiner would count them as one"
        element.children += added
