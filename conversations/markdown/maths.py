"""LaTeX to MathML; a formula that cannot be converted is shown as its source, so nothing is lost."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

import math_core

from conversations.markdown.nesting import is_too_deep
from conversations.markdown.unclosed import takes_too_long

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
_ARGUMENTS = {
    **dict.fromkeys(("\\limits", "\\nolimits", "\\hline", "\\hdashline"), 0),
    **dict.fromkeys(("\\color", "\\hspace", "\\kern", "\\mkern", "\\hskip", "\\mskip", "\\operatorname"), 1),
    "\\textcolor": 2,
}
"""Of commands that cannot be tried alone."""
_MOST_ARGUMENTS = 6
_STYLE = re.compile(r' style="([^"]*)"')


def formula(latex: str, display: bool, brackets: bool = False) -> tuple[str, ...]:
    """Tokens of one formula (brackets: written in those): one MathML element, or its source in `code.math-error`."""
    return (_kept if len(latex) <= MAX_KEPT else _convert)(latex, display, brackets)


def _convert(latex: str, display: bool, brackets: bool) -> tuple[str, ...]:
    if _is_bearable(latex):
        try:
            return (_STYLE.sub(_as_class, _converter.convert_with_local_state(latex, displaystyle=display)),)
        except math_core.LatexError:
            pass
    opening, closing = _MARKS[display, brackets]
    return ('<code class="math-error">', escape(opening + latex + closing, quote=False), "</code>")


def _is_bearable(latex: str) -> bool:
    if len(latex) > MAX_FORMULA or not latex.strip():
        return False
    return not is_too_deep(latex) and not takes_too_long(latex, _arguments)


@lru_cache(maxsize=1024)
def _arguments(command: str) -> int | None:
    """How many arguments a command takes, found by trying it; None when the converter does not know it."""
    if command in _ARGUMENTS:
        return _ARGUMENTS[command]
    for count in range(_MOST_ARGUMENTS):
        try:
            _converter.convert_with_local_state(command + "{x}" * count, displaystyle=True)
        except math_core.LatexError as error:
            if "Unknown command" in str(error):
                return None
        else:
            return count
    return _MOST_ARGUMENTS


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
