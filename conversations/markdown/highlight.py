"""Code to tokens with Pygments classes; never fails and never takes long: what is too long stays plain."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import LEXERS, find_lexer_class
from pygments.token import STANDARD_TYPES, Token, _TokenType

MAX_HIGHLIGHTED = 12_000
MAX_UNTRIED = 2_000
"""Of other languages than these: their lexers were tried with hostile code, some of the others take minutes."""
_TRIED = (
    "python javascript typescript tsx jsx json bash console html css scss sql postgresql rust go c cpp csharp java "
    "kotlin php ruby swift yaml toml ini xml diff docker make cmake nginx lua perl r scala haskell elixir dart groovy "
    "powershell jinja vue objective-c graphql protobuf tex matlab julia ocaml fsharp clojure lisp erlang zig nim nasm "
    "vim http"
).split()
MAX_LINE = 1_000
MAX_UNMARKED = 400
"""Without any mark in between: many lexers look through words and white space from each character."""
_UNMARKED = re.compile(rf"[\w\s$]{{{MAX_UNMARKED}}}")
_NAMES = {alias.lower(): name for _, name, aliases, _, _ in LEXERS.values() for alias in aliases}
_QUICK = {_NAMES[language] for language in _TRIED if language in _NAMES}
_PLAIN = {Token, Token.Text, Token.Text.Whitespace}


@lru_cache(maxsize=128)
def lexer_for(language: str) -> Lexer | None:
    """The lexer of a language name in small letters, or None."""
    name = _NAMES.get(language)
    found = find_lexer_class(name) if name else None
    return found(stripnl=False, ensurenl=False) if found else None


def highlight(code: str, language: str) -> list[str]:
    """Tokens of `code`. Only its beginning is highlighted when it is longer than the limit of its language."""
    lexer = lexer_for(language.lower())
    quick = _NAMES.get(language.lower()) in _QUICK
    cut = _cut(code, MAX_HIGHLIGHTED if quick else MAX_UNTRIED)
    if lexer is None or not cut:
        return [escape(code, quote=False)] if code else []
    tokens: list[str] = []
    text = ""
    for css, value in _runs(lexer, code[:cut]):
        if not css:
            text += value
            continue
        if text:
            tokens.append(escape(text, quote=False))
            text = ""
        tokens += (f'<span class="{css}">', escape(value, quote=False), "</span>")
    text += code[cut:]
    if text:
        tokens.append(escape(text, quote=False))
    return tokens


def _cut(code: str, most: int) -> int:
    """How much of `code` to highlight: whole lines within the limits."""
    cut = len(code) if len(code) <= most else code.rfind("\n", 0, most) + 1
    if unmarked := _UNMARKED.search(code, 0, cut):
        cut = code.rfind("\n", 0, unmarked.start()) + 1
    start = 0
    while start < cut:
        end = code.find("\n", start, cut)
        end = cut if end < 0 else end + 1
        if end - start > MAX_LINE:
            return start
        start = end
    return cut


def _runs(lexer: Lexer, code: str) -> list[tuple[str, str]]:
    """(CSS class, text) with neighbours of one class joined; plain when the lexer loses characters."""
    runs: list[tuple[str, str]] = []
    try:
        for _, kind, value in lexer.get_tokens_unprocessed(code):
            css = _css(kind)
            if runs and runs[-1][0] == css:
                runs[-1] = (css, runs[-1][1] + value)
            elif value:
                runs.append((css, value))
    except Exception:
        return [("", code)]
    return runs if "".join(value for _, value in runs) == code else [("", code)]


@lru_cache(maxsize=1024)
def _css(kind: _TokenType) -> str:
    if kind in _PLAIN:
        return ""
    while kind not in STANDARD_TYPES:
        kind = kind.parent  # type: ignore[assignment]
    return STANDARD_TYPES[kind]
