"""LaTeX to MathML; a formula that cannot be converted is shown as its source, so nothing is lost."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

import math_core

from conversations.markdown.nesting import is_too_deep

MAX_FORMULA = 20_000
MAX_KEPT = 2_000
"""Longer formulas are converted each time: as MathML they are fifty times as long."""
_converter = math_core.LatexToMathML(fancy_error=False)
_MARKS = {
    (False, False): ("$", "$"),
    (True, False): ("$$", "$$"),
    (False, True): ("\\(", "\\)"),
    (True, True): ("\\[", "\\]"),
}
_STYLE = re.compile(r' style="([^"]*)"')


def formula(latex: str, display: bool, brackets: bool = False) -> tuple[str, ...]:
    """Tokens of one formula (brackets: written in those): one MathML element, or its source in `code.math-error`."""
    return (_kept if len(latex) <= MAX_KEPT else _convert)(latex, display, brackets)


def _convert(latex: str, display: bool, brackets: bool) -> tuple[str, ...]:
    if len(latex) <= MAX_FORMULA and latex.strip() and not is_too_deep(latex):
        try:
            return (_STYLE.sub(_as_class, _converter.convert_with_local_state(latex, displaystyle=display)),)
        except math_core.LatexError:
            pass
    opening, closing = _MARKS[display, brackets]
    return ('<code class="math-error">', escape(opening + latex + closing, quote=False), "</code>")


_kept = lru_cache(maxsize=256)(_convert)


def _as_class(match: re.Match[str]) -> str:
    """The alignment that the converter writes as inline style, as a class."""
    style = match.group(1)
    classes = [f"math-{side}" for side in ("left", "right", "center") if f"text-align: {side}" in style]
    if "width: 50%" in style:
        classes.append("math-margin")
    elif "width: 100%" in style:
        classes.append("math-wide")
    return f' class="{" ".join(classes)}"' if classes else ""
