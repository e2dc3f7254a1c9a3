"""Small turns of phrase: counted nouns, lists, quotations.

Invariant: what comes from a request is shortened, and no Markdown inside it can break out of its place.
"""

import re

LONGEST_QUOTE = 200
LONGEST_VALUE = 120
# More of a text is not searched for its first line.
LONGEST_BEGINNING = 20_000


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def join(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def as_code(value: object) -> str:
    """Set as code, in one line."""
    return f"`{shorten(' '.join(str(value).replace('`', chr(39)).split()), LONGEST_VALUE) or ' '}`"


def quote(text: str) -> str:
    """The first line with words in it, as a quotation."""
    beginning = text[:LONGEST_BEGINNING]
    line = next((line for line in beginning.splitlines() if re.search(r"\w", line)), beginning.strip())
    return f"> {escape(shorten(line.strip(), LONGEST_QUOTE))}"


def escape(text: str) -> str:
    # A bracket behind a backslash would begin a formula.
    escaped = re.sub(r"([\\`*_<>#|$~!&])", r"\\\1", text)
    return escaped.replace("[", "&#91;").replace("]", "&#93;")
