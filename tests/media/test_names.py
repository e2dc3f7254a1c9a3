"""Names of files are fit to be shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.media import safe_name

EXTENSIONS = st.sampled_from(["png", "jpg", "m4a", "txt", "docx", "py", ""])


@pytest.mark.parametrize(
    ("name", "extension", "safe"),
    [
        ("report.pdf", "pdf", "report.pdf"),
        ("PHOTO.JPG", "jpg", "PHOTO.JPG"),
        ("photo.jpeg", "jpg", "photo.jpeg"),
        ("scan.jpg", "webp", "scan.webp"),
        ("x.pdf", "png", "x.png"),
        ("notes v1.2", "txt", "notes v1.2.txt"),
        ("setup.exe", "txt", "setup.txt"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("C:\\Users\\me\\a.txt", "txt", "a.txt"),
        ("a\u202egpj.exe", "jpg", "agpj.jpg"),
        ("a\0b\nc\u200b.txt", "txt", "ab c.txt"),
        ("", "png", "file.png"),
        ("...", "png", "file.png"),
        (".png", "png", "png.png"),
        ("/", "png", "file.png"),
        ("  spaced   out .png", "png", "spaced out.png"),
        ("e\u0301.txt", "txt", "\u00e9.txt"),
        ("资料.docx", "docx", "资料.docx"),
        ("a", "", "a.bin"),
        ("x" * 300 + ".png", "png", "x" * 116 + ".png"),
    ],
)
def test_examples(name, extension, safe):
    assert safe_name(name, extension) == safe


@given(st.text(max_size=200), EXTENSIONS)
def test_a_safe_name_is_safe(name, extension):
    safe = safe_name(name, extension)
    stem, _, last = safe.rpartition(".")
    assert stem
    assert last.lower() in {"jpg", "jpeg", "jpe", "jfif"} if extension == "jpg" else last
    assert len(safe) <= 120
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in safe)
    assert not set(safe) & set("/\\")
    assert unicodedata.is_normalized("NFC", safe)
    assert safe == safe.strip()
    assert not safe.startswith(".")


@given(st.text(max_size=200), EXTENSIONS)
def test_a_safe_name_stays_as_it_is(name, extension):
    safe = safe_name(name, extension)
    assert safe_name(safe, extension) == safe
