"""What the site says, and the catalogue that says it in another language. `make messages` brings the two together.

Babel reads the code and writes the catalogue, so that nobody needs gettext's tools; Django's own `templatize` knows
what the texts of a template are. The catalogue names no lines of the code, and a text that is gone leaves it, so that a
change of a text is a change of one entry.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tests.borrowed_texts import TEXTS, TEXTS_IN_CONTEXT
from tests.servers.site import PROJECT_DIR

LANGUAGE = "zh_Hans"
PO_PATH = PROJECT_DIR / "conversations" / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
MO_PATH = PO_PATH.with_suffix(".mo")
CODE = ("chatsite/**/*.py", "conversations/**/*.py", "templates/**/*.html")
# Babel's own header holds dates and versions, which would change with every run.
HEADER = """\
# Chatsite in Simplified Chinese. Each text of the code once; `make messages` adds the new ones.
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
FUNCTIONS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Key = tuple[str, str | None]


def texts_in_code() -> Catalog:
    """Every text that the code marks, and those that it borrows, without translations."""
    texts = Catalog(locale=LANGUAGE)
    for path in _sources():
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            source = _python_of(source, path)
        found = extract("python", io.BytesIO(source.encode()), FUNCTIONS, options={"encoding": "utf-8"})
        for _line, text, _comments, context in found:
            texts.add(text, context=context)
    for borrowed in TEXTS:
        texts.add(borrowed)
    for context, text in TEXTS_IN_CONTEXT:
        texts.add(text, context=context)
    return texts


def read_catalogue() -> Catalog:
    with PO_PATH.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def read_compiled() -> Catalog:
    """What Django loads."""
    with MO_PATH.open("rb") as file:
        return read_mo(file)


def entries(catalogue: Catalog) -> dict[Key, Message]:
    """The catalogue's messages, by text and context, without its header. Of two texts for a number the first counts."""
    found = {}
    for message in catalogue:
        text = message.id if isinstance(message.id, str) else message.id[0]
        # Babel leaves the context that it reads in a compiled catalogue as bytes.
        context = message.context.decode() if isinstance(message.context, bytes) else message.context
        if text:
            found[text, context] = message
    return found


def translations(catalogue: Catalog) -> dict[Key, str]:
    """What is said instead of each text, where there is a translation that can be used."""
    # Chinese has one form for all numbers: a list of one.
    said = {key: "".join(message.string) for key, message in entries(catalogue).items() if not message.fuzzy}
    return {key: text for key, text in said.items() if text}


def bring_together() -> list[str]:
    """Give the catalogue the texts of the code, keep its translations, compile it; returns what waits for one."""
    catalogue = read_catalogue() if PO_PATH.exists() else Catalog(locale=LANGUAGE)
    # Similar texts are not guessed at: a translation that is nearly right reads as if it were right.
    catalogue.update(texts_in_code(), no_fuzzy_matching=True)
    body = io.BytesIO()
    write_po(
        body, catalogue, width=110, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True
    )
    PO_PATH.parent.mkdir(parents=True, exist_ok=True)
    PO_PATH.write_bytes(HEADER.encode() + body.getvalue().lstrip(b"\n"))
    catalogue = read_catalogue()
    # Babel dates what it compiles: a file that says the same stays as it is.
    if not MO_PATH.exists() or translations(read_compiled()) != translations(catalogue):
        with MO_PATH.open("wb") as file:
            write_mo(file, catalogue)
    done = translations(catalogue)
    return [text for text, context in entries(catalogue) if (text, context) not in done]


def _sources() -> Iterator[Path]:
    for pattern in CODE:
        yield from sorted(path for path in PROJECT_DIR.glob(pattern) if "migrations" not in path.parts)


def _python_of(template: str, path: Path) -> str:
    """The template as calls of gettext, each on its line, between words that mean nothing."""
    # Lines of a template are indented as its HTML is, which no reader of Python would take.
    return "\n".join(line.strip() for line in templatize(template, origin=str(path)).splitlines())


def main() -> None:
    waiting = bring_together()
    print(f"{PO_PATH.relative_to(PROJECT_DIR)} has every text.", end=" ")
    print(f"To be translated: {len(waiting)}." if waiting else "All are translated.")
    for text in waiting:
        print(f"  {text}")


if __name__ == "__main__":
    main()
