"""Texts made to break the renderer: none may end the process, take long for its length, or grow without bound."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from conversations.markdown import MarkdownStream, maths, render
from conversations.markdown.blocks import undecided_line
from conversations.markdown.highlight import MAX_HIGHLIGHTED, MAX_UNTRIED, highlight
from tests.markdown.dom import parse

DEEP = {
    "braces": "{" * 9000 + "x" + "}" * 9000,
    "open braces": "{" * 19_000,
    "braces behind comments": "{%}\n" * 6000,
    "scripts": "x" + "^{x" * 4500 + "}" * 4500,
    "roots": r"\sqrt" * 3900 + " x",
    "roots with options": r"\sqrt[1+2]" * 1900 + " x",
    "roots in options": r"\sqrt[" * 3000,
    "fractions": r"\frac" * 3900 + " 1",
    "fractions with numerators": r"\frac1" * 3300 + " 1",
    "fractions of pairs": r"\frac\left(1\right)" * 1000 + " 1",
    "pairs": r"\left(" * 3300,
    "tables": r"\begin{matrix}" * 1400,
    "styles": r"\displaystyle x" * 1300,
    "colors": r"\color{red} x" * 1500,
    "accents": r"\hat" * 4900 + " x",
    "definitions": r"\def\a{" + r"\sqrt" * 2500 + r"}" + r"\a" * 20 + " x",
}


def rendered_elsewhere(text: str) -> str:
    """`render(text)` in a process of its own."""
    program = "import sys; from conversations.markdown import render; print(render(sys.stdin.read()))"
    done = subprocess.run(
        [sys.executable, "-c", program], input=text, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", DEEP)
def test_a_formula_that_is_nested_too_deep_is_shown_as_it_was_written(name: str) -> None:
    shown = rendered_elsewhere(f"\\[{DEEP[name]}\\]")
    assert "math-error" in shown
    assert "<math" not in shown


def test_a_formula_cannot_multiply_by_definitions() -> None:
    (token,) = maths.formula(r"\newcommand{\a}{" + "x" * 9000 + "}" + r"\a" * 900, True)[1:2]
    assert len(token) < 20_000


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{1}{1+" * 40 + "x" + "}" * 40,
        r"\begin{pmatrix}" + r"\alpha_{1} & \frac{a}{b} & \sqrt[3]{x} \\ " * 200 + r"\end{pmatrix}",
        r"x^{2} + \alpha\beta_{1}\,\frac{1}{2}\left[\hat{x}, \displaystyle\sum_{i=0}^{n}\right) + " * 90
        + "x",
        r"\lambda\mu\nu x" * 300 + "x",
    ],
)
def test_a_long_formula_of_ordinary_depth_is_converted(latex: str) -> None:
    assert maths.formula(latex, True)[0].startswith("<math")


def seconds(text: str) -> float:
    """The least that rendering took in three goes, in seconds of this thread."""
    spent = []
    for _ in range(3):
        start = time.thread_time()
        render(text)
        spent.append(time.thread_time() - start)
    return min(spent)


REPEATED: dict[str, Callable[[int], str]] = {
    "tags never closed": lambda n: "a" + "<b>" * n + "</i>" * n,
    "two tags never closed": lambda n: "a" + "<b><i>" * n + "</s>" * n,
    "tags of a block never closed": lambda n: "<div>" + "<b>" * n + "</i>" * n,
    "tags crossed with spans": lambda n: "a" + "<b>*c* " * n + "</i>" * n,
    "white space in details": lambda n: "<details>x\n" + "   \t \t" * n + "x",
    "parentheses after an address": lambda n: "http://a" + ")" * 4 * n,
    "brackets after an address": lambda n: "http://a" + ")]}" * n,
}


@pytest.mark.parametrize("name", REPEATED)
def test_repeating_something_costs_as_much_each_time(name: str) -> None:
    text = REPEATED[name]
    # A cost that grew with the square would be 64 times as much.
    assert seconds(text(3200)) < 25 * seconds(text(400)) + 0.02


def test_long_white_space_at_the_beginning_of_a_line_is_not_looked_through_again_and_again() -> None:
    def spent(length: int) -> float:
        start = time.thread_time()
        for _ in range(20):
            undecided_line("", "\t" * length + "a")
        return time.thread_time() - start

    assert min(spent(3200) for _ in range(3)) < 25 * min(spent(400) for _ in range(3)) + 0.02
    assert undecided_line("a\n", " " * 100_000) == 0


CODE = {
    "blank lines": "\t\n" * 6000,
    "empty lines": "\n" * 12_000,
    "short words": "a\n\n" * 4000,
    "words": "a b c \n" * 2000,
    "dollars": "$\n" * 6000,
    "a blank line": "x = 1\n" + " " * 11_000 + "\n",
}


@pytest.mark.parametrize("name", CODE)
def test_code_after_much_without_a_mark_is_plain(name: str) -> None:
    code = "x = 1\n" + CODE[name] + "y = 2\n"
    tokens = highlight(code, "python")
    assert parse("".join(tokens)).text() == code
    assert len(tokens[-1]) >= len(CODE[name])


def test_code_of_a_language_whose_lexer_may_be_slow_is_plain_sooner() -> None:
    code = "x = 'y';\n" * 600
    assert len(highlight(code, "abap")[-1]) >= len(code) - MAX_UNTRIED


@pytest.mark.parametrize("language", ["csharp", "java", "cpp", "python", "abap", "ada"])
def test_hostile_code_takes_no_more_than_a_moment(language: str) -> None:
    highlight("x", language)
    for line in ("a\n\n", "a b c \n", "$\n", "\t\n", "/*\n", '"\n', "(\n", "a." * 400 + "\n", "{\n"):
        code = line * (MAX_HIGHLIGHTED // len(line))
        start = time.thread_time()
        highlight(code, language)
        # Some took minutes.
        assert time.thread_time() - start < 5


@pytest.mark.parametrize("language", ["Python", "c++", "JS"])
def test_languages_are_known_by_every_name_in_any_case(language: str) -> None:
    assert len(highlight("x = 'y'", language)) > 1


def test_an_unknown_language_is_not_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", pytest.fail)
    assert highlight("x = 1", "nosuchlanguage") == ["x = 1"]


def test_short_rows_under_a_wide_head_do_not_become_a_huge_table() -> None:
    text = "|a" * 200 + "\n" + "|:-:" * 200 + "\n" + "|b\n" * 1000
    assert len(render(text)) < 20 * len(text)


@pytest.mark.parametrize("definition", ["[^n{}]: x\n\n", "[n{}]: http://x.y\n\n"])
def test_many_late_definitions_do_not_send_their_block_once_each(definition: str) -> None:
    mark = "[^n{}] " if "^" in definition else "[n{}] "
    stream = MarkdownStream("P")
    sent = 0
    for piece in ["".join(map(mark.format, range(300))) + "\n\n", *map(definition.format, range(300))]:
        stream.feed(piece)
        sent += len(json.dumps(stream.flush()))
    sent += len(json.dumps(stream.close()))
    assert stream.final_html == render(stream.text)
    assert sent < 15 * len(stream.final_html)


UNCLOSED = {
    "parentheses": "(" * 60,
    "with something inside": "(x+" * 60,
    "several kinds": r"([\{\langle\lfloor⟨⌜" * 12,
    "in groups": "{(}" * 60,
    "behind limits": r"\sum\limits(" * 60,
    "closed as arguments": r"(\hat)(\frac1)(^)" * 20,
    "closed in options": r"(\sqrt[3]{x}" * 60,
    "closed as delimiters": r"(\left.x\right)" * 60,
    "closed in groups": "({)}" * 60,
    "closed in comments": "(%)\n" * 60,
    "with a size": r"\bigl(" * 60,
    "with a size before anything": r"\bigl|" * 60,
    "of two sizes": r"(\bigl( x \big) " * 60,
    "closed by another size": r"\Biggl( x \Big) " * 60,
    "around tables": "(" * 30 + r"\begin{matrix}" + "((((&" * 20 + r"\end{matrix}",
    "few, much behind": "(" * 12 + "x+" * 9000,
}


@pytest.mark.parametrize("name", UNCLOSED)
def test_a_formula_that_opens_many_brackets_and_closes_none_is_shown_as_it_was_written(name: str) -> None:
    # Each bracket doubled the time: sixty would take longer than the world will last.
    assert "math-error" in rendered_elsewhere(f"\\[{UNCLOSED[name]}\\]")


@pytest.mark.parametrize(
    "latex",
    [
        r"[0,1) \cup (2,\infty) \cup [3,\pi] \cup ]4,\hat{x}) + \bigl( x \bigr) " * 40,
        r"\left[ f(x), \sqrt[3]{g(y)} \right) + \left\{ x \mid \hspace{1em} h(x_{(i)}) \right\} " * 40,
        r"\operatorname{f}(x) + \textcolor{red}{(y)} + \{ x : \sum\limits_{i} (a_i^2) \} + ⌈x⌉ " * 40,
        r"\begin{aligned} " + r"f(x) &= (a + b \\ &\quad + c)(d) \\ " * 60 + r"\end{aligned}",
        "((((((x",
        "(" * 90 + "x" + ")" * 90,
    ],
)
def test_a_formula_that_closes_its_brackets_is_converted_however_many(latex: str) -> None:
    assert maths.formula(latex, True)[0].startswith("<math")
