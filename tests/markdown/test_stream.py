"""A stream, however it is split and flushed, shows what its snapshot says and ends as one rendering of the text."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.markdown import MarkdownStream, render
from tests.markdown.dom import Page, parse
from tests.markdown.strategies import hostile, markdown


def follow(text: str, rng: random.Random, *, largest: int = 12, flush: float = 0.7) -> None:
    """Stream `text` in random pieces into one page and into pages that join on the way."""
    stream = MarkdownStream("P")
    page = Page("P")
    joined: list[Page] = []
    start = 0
    while start < len(text):
        end = start + rng.randint(1, largest)
        stream.feed(text[start:end])
        start = end
        if rng.random() >= flush:
            continue
        ops = json.loads(json.dumps(stream.flush()))
        for viewer in (page, *joined):
            viewer.apply(ops)
        seen = Page("P", stream.snapshot())
        assert page.element.content() == seen.element.content()
        if rng.random() < 0.2:
            joined.append(seen)
    ops = json.loads(json.dumps(stream.close()))
    expected = parse(render(text)).content()
    for viewer in (page, *joined):
        viewer.apply(ops)
        assert viewer.element.content() == expected
    assert stream.final_html == render(text)
    assert stream.snapshot() == stream.final_html
    assert stream.text == text


@settings(max_examples=900, deadline=None)
@given(markdown, st.randoms(use_true_random=False))
@example("para\n| 1 | 2 |\n- |---|:-:|\nx", random.Random(1))
@example("- [x] \n\n[foo]: /url\n</b>\n  - nested", random.Random(2))
@example("> 1. x\n\n[foo]: /u\n*    ", random.Random(3))
@example("<details>\n\na\n</details>\nb\n```\nc\n\nd", random.Random(4))
@example("- a\n\n  [foo]: /u\n!  lazy\n\nx", random.Random(5))
def test_any_text_split_anywhere_ends_as_one_rendering(text: str, rng: random.Random) -> None:
    follow(text, rng)


@settings(max_examples=150, deadline=None)
@given(hostile, st.randoms(use_true_random=False))
def test_hostile_text_split_anywhere_ends_as_one_rendering(text: str, rng: random.Random) -> None:
    follow(text, rng, largest=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(markdown, min_size=4, max_size=12).map("\n\n".join), st.randoms(use_true_random=False))
def test_long_texts_with_large_pieces(text: str, rng: random.Random) -> None:
    follow(text, rng, largest=200, flush=0.9)


LONG = {
    "list in quote in list": "1. a\n"
    + "".join(f"   > - item {n} *x* `y`\n   >   - sub {n}\n" for n in range(60)),
    "loose list": "".join(
        f"{n}.  item {n}\n\n    more **of** it\n\n    - x\n    - y\n\n" for n in range(1, 40)
    ),
    "wide markers": "".join(f"-    item {n}\n\n         code\n     text\n" for n in range(40)),
    "tabs": "".join(f"-\titem {n}\n\n\tmore\n\n\t-\tsub\n" for n in range(40)),
    "table in item": "- x\n\n  | a | b |\n  |---|--:|\n"
    + "".join(f"  | {n} | *{n}* |\n" for n in range(80))
    + "\nend",
    "code in item": "2) x\n   ```python\n"
    + "".join(f"   x = {n}\n\n" for n in range(80))
    + "   ```\n   after\n",
    "code in quote": "> ```js\n"
    + "".join(f"> let x{n} = '<b>&amp;'; // {n}\n" for n in range(60))
    + "no longer code",
    "open code": "```python\n" + "".join(f"def f{n}(x):\n    return '{n}' # ``` \n" for n in range(90)),
    "code on one line": "```\n" + "x = (1) & 2 < 3; " * 300,
    "details": "<details>\n<summary>S</summary>\n\n"
    + "".join(f"- item {n}\n\npara *{n}*\n\n" for n in range(40))
    + "</details>\nend",
    "paragraph": "some **bold** text, a [link](http://x.y) and `code`, $5 and *more. " * 100,
    "formula": "$$\n" + "x_1 &= \\frac{a}{b} \\\\\n= c_2\n" * 80 + "$$\nthen",
    "footnotes": "text[^1] and [^b] and [late]\n\n" * 20
    + "[^1]: one\n\n[^b]: two\n\n    more\n\n[late]: http://x.y\n",
    "definitions": "see [a1] and [a40]\n\n" + "".join(f"[a{n}]: http://x.y/{n} 't{n}'\n" for n in range(60)),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("seed", [1, 2])
def test_large_blocks_are_continued_rather_than_parsed_again(name: str, seed: int) -> None:
    follow(LONG[name], random.Random(seed), largest=40)


def ops_of(*pieces: str) -> list[list[object]]:
    """Operations of the last piece, each flushed by itself."""
    stream = MarkdownStream("P")
    ops: list[list[object]] = []
    for piece in pieces:
        stream.feed(piece)
        ops = stream.flush()
    return ops


def test_words_are_added_to_the_text_on_show() -> None:
    assert ops_of("Hello there", " my friend")[0][0::2] == ["text", " my friend"]


def test_what_is_sealed_is_not_sent_again() -> None:
    first = "A first paragraph.\n\n"
    assert "first" not in json.dumps(ops_of(first, "Second", " one", ".\n\nThird"))


def test_a_new_item_is_appended_to_its_list() -> None:
    (op,) = ops_of("- one\n- two", "\n- three")
    assert op[0] == "append"
    assert "three" in str(op[2])
    assert "one" not in str(op[2])


def test_a_dash_below_a_paragraph_does_not_make_it_a_heading_for_a_moment() -> None:
    assert ops_of("These are:\n", "-") == []


def test_a_table_does_not_show_its_delimiter_row() -> None:
    assert ops_of("| a | b |", "\n|--") == []


def test_an_open_fence_shows_as_code_at_once() -> None:
    stream = MarkdownStream("P")
    stream.feed("```python\nprint(1")
    stream.flush()
    code = next(e for e in parse(stream.snapshot()).elements() if e.tag == "code")
    assert code.text() == "print(1"


def test_an_open_formula_shows_its_source() -> None:
    stream = MarkdownStream("P")
    stream.feed("$$\n\\frac{a_1}{b_1}")
    stream.flush()
    assert parse(stream.snapshot()).text() == "$$\n\\frac{a_1}{b_1}"


def test_long_open_code_is_highlighted_before_it_ends() -> None:
    stream = MarkdownStream("P")
    for line in range(30):
        stream.feed(("```python\n" if not line else "") + f"def f{line}(x): return 'x'\n")
        stream.flush()
    assert any(element.attributes.get("class") == "k" for element in parse(stream.snapshot()).elements())


def test_a_late_definition_changes_only_the_blocks_that_wait_for_it() -> None:
    stream = MarkdownStream("P")
    stream.feed("First.\n\nSee [it].\n\nThird.\n\n[it]: http://x.y\n\nEnd.\n")
    page = Page("P")
    ops = stream.flush()
    page.apply(ops)
    more = stream.close()
    page.apply(more)
    assert "Third" not in json.dumps(more)
    assert [link.attributes["href"] for link in page.element.elements() if link.tag == "a"] == ["http://x.y"]


def test_a_definition_at_the_very_end_counts() -> None:
    follow("[bar]\n\n[bar]:\nhttp://x.z\n'a\ntitle'\n", random.Random(1), largest=1, flush=1)


def test_streams_of_one_page_make_different_ids() -> None:
    ids = set()
    for number in range(300):
        stream = MarkdownStream(f"part-{number}-0")
        stream.feed("x")
        stream.flush()
        ids |= {e.attributes["id"] for e in parse(stream.snapshot()).elements()}
    assert len(ids) == 300


def test_final_html_carries_no_ids() -> None:
    stream = MarkdownStream("P")
    for piece in ("# a\n\n", "- b\n- c\n\n", "> d\n\n", "|a|\n|-|\n|b|\n\n", "e"):
        stream.feed(piece)
        stream.flush()
    stream.close()
    assert " id=" not in stream.final_html


def test_a_flush_without_news_is_empty() -> None:
    assert ops_of("text", "") == []


@pytest.mark.parametrize("pieces", [("a\r", "\nb"), ("a\r", "b"), ("x \ud83d", "\ude00")])
def test_characters_split_between_pieces_are_put_together(pieces: tuple[str, str]) -> None:
    stream = MarkdownStream("P")
    for piece in pieces:
        stream.feed(piece)
        stream.flush()
    stream.close()
    assert stream.final_html == render("".join(pieces))
