"""Says in words what was measured in a file.

Invariant: every statement is a number or a quotation; nothing is recognised. Pictures are opened only as the
thumbnails that a child process made.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from conversations.media import Inspection, Kind, Refusal

from .colours import Colour, hex_of, name_of
from .wording import as_code, count, quote

LOOKED_AT_SIDE = 96
MOST_COLOURS = 8
MOST_NAMED = 4
SMALLEST_SHARE = 0.03
OPAQUE = 128
BEGINNING_CHARACTERS = 2000

REFUSED = {
    Refusal.EMPTY: "is empty",
    Refusal.UNKNOWN_TYPE: "is of a type that I do not know",
    Refusal.DAMAGED: "is damaged",
    Refusal.TOO_MANY_PIXELS: "has too many pixels for me",
    Refusal.TOO_LONG: "is too long for me",
    Refusal.TOO_MANY_PAGES: "has too many pages for me",
    Refusal.TOO_LARGE_UNPACKED: "is too large once it is unpacked",
    Refusal.ENCRYPTED: "needs a password",
    Refusal.VIDEO: "is a film, which I do not watch",
    Refusal.ARCHIVE: "is an archive, which I do not unpack",
    Refusal.PROGRAM: "is a program, which I do not run",
    Refusal.TOO_MUCH_WORK: "would take me too much time or memory",
}
FORMATS = {
    "jpg": "JPEG",
    "webp": "WebP",
    "webm": "WebM",
    "m4a": "M4A",
    "docx": "Word",
    "xlsx": "Excel",
    "pptx": "PowerPoint",
}
SPOKEN_WITH_A_VOWEL = "AEOM"
PAGES = {"pptx": "slide", "xlsx": "sheet"}


def describe_file(found: Inspection, made: Path, subject: str) -> str:
    """`made`: the folder with what was made of the file; `subject`: what to call it, such as "Image 1"."""
    match found.kind:
        case Kind.IMAGE:
            return _picture(found, made, subject)
        case Kind.AUDIO:
            return _sound(found, subject)
        case _:
            return _document(found, made, subject)


def _picture(found: Inspection, made: Path, subject: str) -> str:
    said = f"{subject} is {_format(found)} picture of {found.width:,} × {found.height:,} pixels."
    return f"{said} {_colours(made / found.thumbnail.name)}" if found.thumbnail else said


def _colours(thumbnail: Path) -> str:
    # Only this needs it, and it takes its time.
    from PIL import Image

    with Image.open(thumbnail, formats=("WEBP",)) as opened:
        small: Any = opened.convert("RGBA")
        small.thumbnail((LOOKED_AT_SIDE, LOOKED_AT_SIDE))
    pixels = [pixel for pixel in small.get_flattened_data() if pixel[3] >= OPAQUE]
    hidden = 1 - len(pixels) / (small.width * small.height)
    transparent = (
        f"{_percent(hidden)} of it is transparent." if hidden > 0 else "It is not transparent anywhere."
    )
    if not pixels:
        return "It is transparent all over."
    seen = Image.new("RGB", (len(pixels), 1))
    seen.putdata([pixel[:3] for pixel in pixels])
    named = ", then ".join(
        f"{name} ({hex_of(colour)}, {_percent(share)})" for name, colour, share in _named(seen)[:MOST_NAMED]
    )
    return f"It is mostly {named}. {transparent}"


def _named(seen: Any) -> list[tuple[str, Colour, float]]:
    """Names, their most frequent colour and their share, the largest first."""
    reduced = seen.quantize(MOST_COLOURS).convert("RGB")
    counts: Counter[str] = Counter()
    examples: dict[str, Colour] = {}
    for number, colour in sorted(reduced.getcolors(), reverse=True):
        counts[name_of(colour)] += number
        examples.setdefault(name_of(colour), colour)
    shares = [(name, examples[name], number / counts.total()) for name, number in counts.most_common()]
    return [entry for entry in shares if entry[2] >= SMALLEST_SHARE] or shares[:1]


def _sound(found: Inspection, subject: str) -> str:
    channels = {1: "mono", 2: "stereo"}.get(found.channels or 0, f"{found.channels} channels")
    seconds = found.seconds or 0.0
    said = (
        f"{subject} is {_format(found)} sound of {seconds:.1f} seconds, {channels}, "
        f"with {count(found.sample_rate or 0, 'sample')} a second."
    )
    if found.loudness is None:
        return f"{said} There is only silence in it."
    # The middle of the loudest of the equal spans that the peaks stand for.
    loudest = (found.peaks.index(max(found.peaks)) + 0.5) * seconds / len(found.peaks)
    return f"{said} Its loudness is {found.loudness:.1f} dBFS (RMS), and it is loudest at about {loudest:.1f} seconds."


def _document(found: Inspection, made: Path, subject: str) -> str:
    kind = f"text ({found.language})" if found.kind == Kind.TEXT else f"{_format(found)} document"
    pages = (
        f"{count(found.pages, PAGES.get(found.extension, 'page'))} and " if found.pages is not None else ""
    )
    cut = ", of which I read only the beginning" if found.is_cut else ""
    said = f"{subject} is {kind} with {pages}{count(found.words or 0, 'word')}{cut}."
    beginning = _beginning(made / found.text.name) if found.text and found.words else ""
    return (
        f"{said} It begins:\n\n{quote(beginning)}"
        if beginning
        else f"{said} There is no text in it to quote."
    )


def _beginning(text: Path) -> str:
    """The text without the marks of pages."""
    with text.open(encoding="utf-8") as file:
        lines = file.read(BEGINNING_CHARACTERS).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("[Page ", "[Sheet: ", "[Slide "))).strip()


def describe_refusal(refusal: Refusal, subject: str) -> str:
    return f"{subject} {REFUSED[refusal]}."


def _format(found: Inspection) -> str:
    """Its name with an article."""
    name = FORMATS.get(found.extension, found.extension.upper())
    return f"{'an' if name[0] in SPOKEN_WITH_A_VOWEL else 'a'} {name}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else "less than 1 %"


def named(subject: str, name: str) -> str:
    """A subject with the name that it came under, if there is one."""
    return f"{subject}, {as_code(name)}," if name else subject
