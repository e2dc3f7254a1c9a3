"""Names of uploaded files, made fit to be shown and downloaded.

Invariant: a safe name is one line, does not change the direction of the text around it, and ends in an extension
that fits the content.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120
LONGEST_EXTENSION = 20
NAMELESS = "file"
# Control, format (bidi marks among them), lone surrogates, private and unassigned; separators of lines.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Extensions that mean the same content: the one that a name has may stay.
SAME = (
    {"jpg", "jpeg", "jpe", "jfif"},
    {"tif", "tiff"},
    {"heic", "heif", "hif"},
    {"wav", "wave"},
    {"ogg", "oga", "opus"},
    {"m4a", "mp4"},
    {"weba", "webm"},
    {"aif", "aiff", "aifc"},
    {"htm", "html"},
    {"md", "markdown"},
    {"yml", "yaml"},
)
# Of contents that are recognised: where the content is another, the extension is wrong and is replaced.
RECOGNISED = frozenset(
    """png gif webp bmp avif mp3 flac aac pdf docx xlsx pptx svg doc xls ppt zip exe mov""".split()
).union(*SAME)


def safe_name(name: str, extension: str) -> str:
    """The last component of `name`, in NFC, of at most 120 characters, with an extension; never empty.

    An extension that means the same as `extension` (without a dot, of ASCII letters and digits) is kept as it is.
    """
    extension = re.sub(r"[^A-Za-z0-9]", "", extension)[:LONGEST_EXTENSION] or "bin"
    stem, kept = _taken_apart(_seen(re.split(r"[/\\]", name)[-1]), extension)
    stem = stem[: LONGEST_NAME - len(kept) - 1].strip(". ") or NAMELESS
    return f"{stem}.{kept}"


def extension_of(name: str) -> str:
    """The extension of a name in lower case, "" for none."""
    found = re.search(r"[^./\\]\.([A-Za-z0-9_+-]{1,20})\Z", name)
    return found[1].lower() if found else ""


def _seen(name: str) -> str:
    """The characters of a name that can be seen, and single spaces between them."""
    kept = (" " if char.isspace() else char for char in name if char in "\t\n" or _is_seen(char))
    # Some characters become others in NFC, and dots or spaces at an end are lost on some systems.
    return unicodedata.normalize("NFC", re.sub(r" +", " ", "".join(kept))).strip(". ")


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in UNSEEN


def _taken_apart(name: str, extension: str) -> tuple[str, str]:
    """The stem, and the extension that follows it."""
    stem, dot, last = name.rpartition(".")
    if not dot or not stem.strip(". "):
        return name, extension
    if last.lower() == extension.lower() or any({last.lower(), extension.lower()} <= same for same in SAME):
        return stem, last
    return (stem, extension) if last.lower() in RECOGNISED else (name, extension)
