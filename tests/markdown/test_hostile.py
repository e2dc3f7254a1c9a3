"""Texts made to break the renderer: none may end the process, take long for its length, or grow without bound."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conversations.markdown import maths

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
