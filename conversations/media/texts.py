"""Text files: which bytes are text, in which encoding, and what kind of text it is.

Invariant: what comes out is UTF-8 with \\n for newlines, without NUL and without lone surrogates; the name of a file
decides between kinds of text, and nothing else.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import msgspec

from .inspection import Inspection, Kind, Limits
from .names import extension_of
from .parsing import parsing
from .refusals import FileRefused, Refusal
from .results import write_result
from .wording import Wording

# The longest encoding of a character that any of the encodings has.
BYTES_PER_CHARACTER = 4
SAMPLE_BYTES = 1 << 16
# More than this share of control characters is no text that people read.
MOST_CONTROLS = 0.05
CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What is met in files that are not UTF-8; among more the guess becomes worse, not better.
LEGACY_ENCODINGS = (
    "gb18030 big5 cp932 euc_jp cp949 cp1252 cp1250 cp1251 koi8_r cp1253 cp1254 cp1255 cp1256 mac_roman cp437"
).split()
MEDIA_TYPES = {
    "txt": "text/plain",
    "text": "text/plain",
    "log": "text/plain",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "ndjson": "application/x-ndjson",
    "xml": "application/xml",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "application/xhtml+xml",
    "svg": "image/svg+xml",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
    "rtf": "application/rtf",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "eml": "message/rfc822",
}
# Where Pygments knows none, or has a rarer one in mind than people do.
LANGUAGES = {
    "svg": "xml",
    "plist": "xml",
    "jsonl": "json",
    "ndjson": "json",
    "ipynb": "json",
    "mjs": "javascript",
    "xhtml": "html",
    "svelte": "html",
    "sql": "sql",
    "pl": "perl",
    "pm": "perl",
    "r": "r",
    "conf": "ini",
    "adoc": "text",
}
PLAIN = frozenset("txt text log csv tsv rtf vtt srt ics vcf eml".split())
# What stands before the first element of a document.
PROLOGUE = r"(?:\s|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*+"
SVG = re.compile(rf"{PROLOGUE}<(?:\w+:)?svg[\s>/]", re.I | re.S)
HTML = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.S)


class _TextType(msgspec.Struct, frozen=True):
    media_type: str
    extension: str
    language: str


def inspect_text(path: Path, name: str, out: Path, limits: Limits) -> Inspection:
    with parsing("text"):
        content, is_whole = _beginning(path, limits)
        text = decode(content, is_whole=is_whole)
        wording = Wording(limits.text_characters)
        wording.add(text)
        if not is_whole:
            wording.is_cut = True
        found = _type_of(name, text)
    made = write_result(out, "text.txt", "text/plain; charset=utf-8", wording.encoded())
    return Inspection(
        kind=Kind.TEXT,
        media_type=found.media_type,
        extension=found.extension,
        language=found.language,
        words=wording.words,
        is_cut=wording.is_cut,
        text=made,
    )


def decode(content: bytes, *, is_whole: bool = True) -> str:
    """The text in `content`, which need not end with a whole character unless it `is_whole`.

    Raises FileRefused for what is no text.
    """
    encoding = _encoding(content, is_whole)
    mark = next((mark for mark in BYTE_ORDER_MARKS if content.startswith(mark)), b"")
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(content[len(mark) :], final=is_whole)
    if "\0" in text:
        raise FileRefused(Refusal.UNKNOWN_TYPE, "There is a NUL in it, so it is no text.")
    if len(CONTROLS.findall(text[:SAMPLE_BYTES])) > MOST_CONTROLS * len(text[:SAMPLE_BYTES]):
        raise FileRefused(Refusal.UNKNOWN_TYPE, "It consists of control characters to a large part.")
    return text


def _beginning(path: Path, limits: Limits) -> tuple[bytes, bool]:
    """As much as can be of use, and whether that is all."""
    most = limits.text_characters * BYTES_PER_CHARACTER + BYTES_PER_CHARACTER
    with path.open("rb") as file:
        content = file.read(most + 1)
    return content[:most], len(content) <= most


def _encoding(content: bytes, is_whole: bool) -> str:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(content, final=is_whole)
    except UnicodeDecodeError:
        return _legacy_encoding(content)
    return "utf-8"


def _legacy_encoding(content: bytes) -> str:
    # Needed for few files, and slow to import.
    import charset_normalizer

    if b"\0" in content:
        raise FileRefused(Refusal.UNKNOWN_TYPE, "There is a NUL in it, so it is no text.")
    # A sample ends at a line, since a character that is cut in two makes every encoding of many bytes impossible.
    sample = content[:SAMPLE_BYTES]
    if len(content) > SAMPLE_BYTES:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    best = charset_normalizer.from_bytes(sample, cp_isolation=LEGACY_ENCODINGS).best()
    if best is None:
        raise FileRefused(Refusal.UNKNOWN_TYPE, "It is text in no known encoding.")
    return best.encoding


def _type_of(name: str, text: str) -> _TextType:
    extension = extension_of(name)
    beginning = text[:SAMPLE_BYTES]
    if SVG.match(beginning):
        extension = "svg"
    elif (
        extension not in ("html", "htm", "xhtml") and not _language(name, extension) and HTML.match(beginning)
    ):
        extension = "html"
    language = _language(name, extension)
    media_type = MEDIA_TYPES.get(extension) or _media_type(language)
    is_known = extension in MEDIA_TYPES or (bool(language) and bool(extension))
    return _TextType(media_type, extension if is_known else "txt", language or "text")


def _language(name: str, extension: str) -> str:
    """The alias of the lexer for a file of this name, "" for none."""
    # Only a process that looks into files needs it.
    from pygments.lexers import find_lexer_class_for_filename

    if extension in PLAIN:
        return "text"
    if extension in LANGUAGES:
        return LANGUAGES[extension]
    last = re.split(r"[/\\]", name)[-1][-100:]
    lexer = find_lexer_class_for_filename(f"x.{extension}" if extension else last)
    return str(lexer.aliases[0]) if lexer and lexer.aliases else ""


def _media_type(language: str) -> str:
    from pygments.lexers import find_lexer_class_by_name

    types = find_lexer_class_by_name(language).mimetypes if language else ()
    return next((str(media_type) for media_type in types if media_type.startswith("text/")), "text/plain")
