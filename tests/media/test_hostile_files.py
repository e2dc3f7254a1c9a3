"""Files that mean harm: each is refused, or becomes something harmless."""

import functools
import io
import struct
import subprocess
import sys
import zipfile
import zlib

import docx
import openpyxl
import pptx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from conversations.media import (
    FileRefused,
    Kind,
    Limits,
    Refusal,
    inspect_file,
    inspect_isolated,
    safe_name,
)
from conversations.media.formats import BEGINNINGS, CONTAINERS
from tests.media.samples import (
    animation,
    edited,
    encoded,
    film,
    pdf,
    photograph,
    picture,
    png_of_size,
    saved,
    sound,
    tone,
    wav,
    zipped,
)

SCRIPT = b"<script>alert(document.cookie)</script>"


def document_with(xml_head: bytes, text: bytes) -> bytes:
    """A docx whose main part begins with a DTD, and holds a text."""
    made = docx.Document()
    made.add_paragraph("PLACE")

    def edit(name, content):
        if name != "word/document.xml":
            return content
        start = content.index(b"<w:document")
        return content[:start] + xml_head + content[start:].replace(b"PLACE", text)

    return edited(saved(made), edit)


def laughs(levels: int = 9) -> bytes:
    entities = [b'<!ENTITY e0 "ha">']
    for level in range(1, levels + 1):
        entities.append(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10))
    return b"<!DOCTYPE lolz [" + b"".join(entities) + b"]>"


def bomb() -> bytes:
    """A docx with 30 MB of nothing inside."""
    made = docx.Document()
    made.add_paragraph("PLACE")
    blank = b" " * 30_000_000
    return edited(
        saved(made),
        lambda name, content: content.replace(b"PLACE", blank) if name == "word/document.xml" else content,
    )


@functools.cache
def flat_png(side: int) -> bytes:
    """A real PNG of one colour, with one bit for each pixel."""
    return png_of_size(side, side, rows=bytes(side // 8 + 1) * side)


@pytest.mark.parametrize(
    ("content", "name", "kind", "extension"),
    [
        (encoded(picture()), "x.pdf", Kind.IMAGE, "png"),
        (encoded(picture(), "JPEG"), "x.html", Kind.IMAGE, "jpg"),
        (pdf("x"), "x.png", Kind.DOCUMENT, "pdf"),
        (saved(docx.Document()), "x.mp3", Kind.DOCUMENT, "docx"),
        (saved(openpyxl.Workbook()), "x.docx", Kind.DOCUMENT, "xlsx"),
        (saved(pptx.Presentation()), "x.xlsx", Kind.DOCUMENT, "pptx"),
        (wav(tone()), "x.exe", Kind.AUDIO, "wav"),
        (b"plain text", "x.png", Kind.TEXT, "txt"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "x.png", Kind.TEXT, "svg"),
        (b"<!doctype html>" + SCRIPT, "x.jpg", Kind.TEXT, "html"),
        (b"#!/bin/sh\nrm -rf ~\n", "x.sh", Kind.TEXT, "sh"),
        (b"MZ is a rapper", "x.exe", Kind.TEXT, "txt"),
        (b"BMW is a car; GIF8 is none", "x", Kind.TEXT, "txt"),
        (b"ID3 is a kind of tag", "x", Kind.TEXT, "txt"),
    ],
)
def test_a_file_is_what_it_begins_with(inspect, content, name, kind, extension):
    found = inspect(content, name)
    assert (found.kind, found.extension) == (kind, extension)
    assert safe_name(name, found.extension).endswith(f".{extension}")


def _ole(*entries: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "".join(entries).encode("utf-16-le") + bytes(600)
    )


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", Refusal.EMPTY),
        (zipped(**{"a.txt": b"hello"}), Refusal.ARCHIVE),
        (zipped(), Refusal.ARCHIVE),
        (zlib.compress(b"x" * 99, wbits=31), Refusal.ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), Refusal.ARCHIVE),
        (b"Rar!\x1a\x07\x01\0" + bytes(99), Refusal.ARCHIVE),
        (b"BZh91AY&SY" + bytes(99), Refusal.ARCHIVE),
        (b"name".ljust(257, b"\0") + b"ustar\00000" + bytes(300), Refusal.ARCHIVE),
        (b"\x7fELF\x02\x01\x01" + bytes(99), Refusal.PROGRAM),
        (b"MZ\x90\0\x03\0\0\0" + bytes(99), Refusal.PROGRAM),
        (b"\xcf\xfa\xed\xfe" + bytes(99), Refusal.PROGRAM),
        (b"\0asm\x01\0\0\0", Refusal.PROGRAM),
        (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(99), Refusal.PROGRAM),
        (film("mp4", "mpeg4"), Refusal.VIDEO),
        (b"FLV\x01\x05" + bytes(99), Refusal.VIDEO),
        (_ole("WordDocument"), Refusal.UNKNOWN_TYPE),
        (_ole("EncryptionInfo", "EncryptedPackage"), Refusal.ENCRYPTED),
        (b"\0\x01\x02\x03" * 50, Refusal.UNKNOWN_TYPE),
    ],
)
def test_what_is_not_taken_is_named(refusal_of, content, refusal):
    assert refusal_of(content, "letter.docx") == refusal


TRUNCATED = {
    "png": encoded(photograph()),
    "jpeg": encoded(photograph(), "JPEG"),
    "gif": encoded(photograph(), "GIF"),
    "webp": encoded(photograph(), "WEBP"),
    "avif": encoded(photograph(), "AVIF"),
    "bmp": encoded(photograph(), "BMP"),
    "tiff": encoded(photograph(), "TIFF"),
    "docx": saved(docx.Document()),
    "pptx": saved(pptx.Presentation()),
}


@pytest.mark.parametrize("format", TRUNCATED)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_half_a_file_is_damaged(refusal_of, format, part):
    content = TRUNCATED[format]
    assert refusal_of(content[: int(len(content) * part)]) == Refusal.DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        encoded(photograph())[:30],
        wav(tone())[:40],
        sound("webm", "libopus")[:60],
        b"%PDF-1.7\n",
        b"\xff\xd8\xff\xe0",
    ],
)
def test_a_beginning_alone_is_damaged(refusal_of, content):
    assert refusal_of(content) == Refusal.DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        wav(tone(2)),
        sound("mp3", "libmp3lame", tone(2, rate=48_000)),
        sound("webm", "libopus", tone(2, rate=48_000)),
    ],
    ids=["wav", "mp3", "webm"],
)
def test_of_half_a_sound_there_is_half(inspect, content):
    assert inspect(content[: len(content) // 2]).seconds == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_pdf_without_its_end_is_repaired_or_refused(tmp_path, out, part):
    content = pdf("one", "two", "three")
    path = tmp_path / "file"
    path.write_bytes(content[: int(len(content) * part)])
    refusal, pages = None, 3
    try:
        pages = inspect_file(path, "x", out).pages
    except FileRefused as refused:
        refusal = refused.refusal
    assert refusal in (None, Refusal.DAMAGED)
    assert pages in (1, 2, 3)


def test_half_a_pdf_is_damaged(refusal_of):
    assert refusal_of(pdf("one")[:120]) == Refusal.DAMAGED


@pytest.mark.parametrize("isolated", [False, True])
def test_a_bomb_of_pixels_is_refused(refusal_of, isolated):
    real = flat_png(60_000)
    assert len(real) < 3_000_000
    assert refusal_of(real, isolated=isolated) == Refusal.TOO_MANY_PIXELS


def test_a_bomb_in_a_zip_is_refused_before_it_is_unpacked(refusal_of):
    content = bomb()
    assert len(content) < 100_000
    assert refusal_of(content, isolated=True, unpacked_bytes=20_000_000) == Refusal.TOO_LARGE_UNPACKED


def test_a_zip_that_lies_about_its_sizes_unpacks_to_no_more(refusal_of):
    made = docx.Document()
    made.add_paragraph("x" * 100_000)
    content = saved(made)
    with io.BytesIO(content) as file:
        true_size = zipfile.ZipFile(file).getinfo("word/document.xml").file_size
    lying = content.replace(struct.pack("<I", true_size), struct.pack("<I", 500))
    assert refusal_of(lying) == Refusal.DAMAGED


@pytest.mark.parametrize("text", [b"&e9;", b"&e1;"])
def test_entities_are_not_expanded(tmp_path, out, text):
    path = tmp_path / "file"
    path.write_bytes(document_with(laughs(), text))
    try:
        found = inspect_file(path, "x.docx", out)
    except FileRefused as refused:
        outcome = refused.refusal
    else:
        outcome = (out / found.text.name).read_bytes()
    assert outcome in (Refusal.DAMAGED, b"", b"\n")


def test_entities_of_a_sheet_are_no_endless_work(tmp_path, out):
    def edit(name, content):
        if name != "xl/worksheets/sheet1.xml":
            return content
        start = content.index(b"<worksheet")
        return content[:start] + laughs() + content[start:].replace(b"<v>1</v>", b"<v>&e9;</v>")

    book = openpyxl.Workbook()
    book.active["A1"] = 1
    path = tmp_path / "file"
    path.write_bytes(edited(saved(book), edit))
    with pytest.raises(FileRefused) as caught:
        inspect_isolated(path, "x.xlsx", out, Limits(memory_bytes=600_000_000, seconds=20))
    assert caught.value.refusal in (Refusal.DAMAGED, Refusal.TOO_MUCH_WORK)


def test_other_files_are_not_read_through_entities(tmp_path, out):
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    head = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]>' % bytes(secret)
    path = tmp_path / "file"
    path.write_bytes(document_with(head, b"&e;"))
    assert inspect_file(path, "x.docx", out).words == 0
    assert not any(b"do not tell" in made.read_bytes() for made in out.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        encoded(photograph(), "GIF") + SCRIPT,
        # Its width spells the beginning of a comment in a script.
        encoded(Image.new("P", (0x2A2F, 3)), "GIF") + b"*/=1;" + SCRIPT,
        encoded(photograph(), "JPEG") + pdf("x"),
        encoded(photograph()) + zipped(**{"a.html": SCRIPT}) + SCRIPT,
        encoded(photograph(), "JPEG", comment=SCRIPT),
        encoded(photograph(), "WEBP", xmp=SCRIPT),
        encoded(photograph(), "BMP") + SCRIPT,
        animation("GIF") + SCRIPT,
    ],
)
def test_a_picture_that_is_something_else_too_is_sent_as_a_picture(tmp_path, out, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    found = inspect_file(path, "x.html", out)
    assert found.kind == Kind.IMAGE
    assert found.sendable is not None
    sent = (out / found.sendable.name).read_bytes()
    assert not any(other in sent for other in (SCRIPT, b"%PDF", b"PK\x03\x04"))
    Image.open(io.BytesIO(sent)).verify()


def test_a_zip_in_front_of_a_pdf_is_a_zip(refusal_of):
    assert refusal_of(zipped(**{"a.txt": b"x"}) + pdf("x")) == Refusal.ARCHIVE


def test_scripts_in_text_are_only_text(text_of):
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + SCRIPT + b"</svg>"
    assert text_of(svg, "x.svg").encode() == svg
    assert text_of(SCRIPT, "x.html").encode() == SCRIPT


def test_a_length_that_is_only_stated_is_not_the_length(inspect):
    """The tag of an encoder states three hours in a file of a second."""
    content = sound("mp3", "libmp3lame")
    start = max(content.find(b"Xing"), content.find(b"Info"))
    assert start > 0
    frames = struct.pack(">I", 3 * 3600 * 48_000 // 1152)
    found = inspect(content[: start + 8] + frames + content[start + 12 :])
    assert found.seconds == pytest.approx(1, abs=0.06)


def test_sound_of_hours_is_refused(refusal_of):
    one = sound("mp3", "libmp3lame", bytes(48_000 * 2))
    assert refusal_of(one * 40, sound_seconds=30) == Refusal.TOO_LONG


@pytest.mark.parametrize(
    "limits", [{"seconds": 0.001}, {"memory_bytes": 30_000_000}, {"memory_bytes": 1}], ids=str
)
@pytest.mark.parametrize(
    "content",
    [encoded(photograph()), pdf("x"), wav(tone()), saved(docx.Document())],
    ids=["png", "pdf", "wav", "docx"],
)
def test_a_child_that_needs_too_much_is_ended(refusal_of, content, limits):
    assert refusal_of(content, isolated=True, **limits) == Refusal.TOO_MUCH_WORK


def test_a_picture_that_needs_too_much_memory_is_too_much_work(refusal_of):
    content = encoded(Image.new("RGB", (7000, 7000)), "PNG")
    assert refusal_of(content, isolated=True, memory_bytes=150_000_000) == Refusal.TOO_MUCH_WORK


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "a\udcff.txt", "a\0b", "-rf", "$(reboot)", "x" * 100_000, "\u202e"]
)
def test_a_name_can_do_nothing(inspect, tmp_path, name):
    found = inspect(b"some text", name, isolated=True)
    assert found.text.name == "text.txt"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "upload"]


BEGINNINGS_OF_FILES = [
    b"",
    *BEGINNINGS,
    *(outer + b"\x40\0\0\0" + inner for outer, inner in CONTAINERS),
    *(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" for brand in (b"heic", b"avif", b"M4A ", b"mif1")),
    b"ID3\x04\0\0\0\0\0\x0a",
    b"\xff\xfb\x90\xc4",
    b"\xff\xf1\x50\x80",
    b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    *(
        encoded(photograph((20, 20)), format)[:200]
        for format in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
    ),
    *(content[: len(content) // 2] for content in (pdf("x"), wav(tone(0.1)), TRUNCATED["docx"])),
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(BEGINNINGS_OF_FILES), st.binary(max_size=400), st.text(max_size=10))
def test_any_bytes_are_found_to_be_something_or_refused(tmp_path, out, beginning, rest, name):
    path = tmp_path / "file"
    path.write_bytes(beginning + rest)
    try:
        outcome = inspect_file(path, name, out).kind
    except FileRefused as refused:
        outcome = refused.refusal
    assert isinstance(outcome, Kind | Refusal)


WHOLE = [
    encoded(photograph((20, 20)), "PNG"),
    encoded(photograph((20, 20)), "JPEG"),
    encoded(photograph((20, 20)), "WEBP"),
    animation("GIF"),
    pdf("one", "two"),
    TRUNCATED["docx"],
    saved(openpyxl.Workbook()),
    wav(tone(0.1)),
    sound("mp4", "aac", tone(0.1, rate=48_000)),
    sound("webm", "libopus", tone(0.1, rate=48_000)),
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8))
def test_a_file_with_wrong_bytes_is_found_to_be_something_or_refused(tmp_path, out, content, changes):
    changed = bytearray(content)
    for place, value in changes:
        changed[int(place * (len(changed) - 1))] = value
    path = tmp_path / "file"
    path.write_bytes(changed)
    try:
        outcome = inspect_file(path, "x", out).kind
    except FileRefused as refused:
        outcome = refused.refusal
    assert isinstance(outcome, Kind | Refusal)


def test_the_server_imports_no_parser():
    program = (
        "import sys, conversations.media; "
        "parsers = {'PIL', 'av', 'pypdfium2', 'docx', 'openpyxl', 'pptx', 'lxml', 'pillow_heif', 'pygments', "
        "'charset_normalizer', 'django', 'httpx'}; print(sorted(parsers & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
