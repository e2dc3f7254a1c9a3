"""Text: which bytes are text, in which encoding, and of which kind."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversations.media import FileRefused, Kind, Refusal
from conversations.media.texts import decode
from conversations.media.wording import Wording

CHINESE = "今天天气很好，我们去公园散步。这是一个用来测试编码的句子，里面有很多常用的汉字。\n" * 3
JAPANESE = "今日はとても良い天気ですね。公園を散歩しましょう。カタカナもあります。\n" * 3
GERMAN = "Die Straße führt über die Brücke – „schön“, sagte der Bürgermeister für 5 €.\n" * 3
RUSSIAN = "Сегодня очень хорошая погода, и мы идём гулять в парк возле реки.\n" * 3


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *[
            (text, encoding)
            for text in (CHINESE, "plain\n", "🙂\n")
            for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
        ],
        (CHINESE, "gb18030"),
        (CHINESE, "gbk"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (GERMAN, "cp1252"),
        (RUSSIAN, "cp1251"),
    ],
)
def test_any_usual_encoding_is_read(text_of, text, encoding):
    assert text_of(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_utf_16_needs_its_mark(text_of, refusal_of, encoding):
    assert text_of("\ufeffHello\n".encode(encoding)) == "Hello\n"
    assert refusal_of("Hello\n".encode(encoding)) == Refusal.UNKNOWN_TYPE


def test_newlines_become_one_kind(text_of):
    assert text_of(b"a\r\nb\rc\n\n") == "a\nb\nc\n\n"


@pytest.mark.parametrize(
    "content", [b"a\0b", b"text\n" * 50 + b"\0", bytes(range(1, 9)) * 20, b"\xef\xbb\xbf\0\0", b"\xe9\0\xe8"]
)
def test_bytes_that_nobody_can_read_are_no_text(refusal_of, content):
    assert refusal_of(content, "a.txt") == Refusal.UNKNOWN_TYPE


def test_colours_of_a_terminal_may_stay(text_of):
    log = "\x1b[31merror\x1b[0m in line 1\n"
    assert text_of(log.encode(), "build.log") == log


def test_lone_surrogates_and_nul_never_come_out(text_of):
    assert text_of(b"\xff\xfea\0\x00\xd8b\0", "a.txt").encode() == "a\ufffdb".encode()


@pytest.mark.parametrize(
    ("name", "content", "media_type", "extension", "language"),
    [
        ("a.py", "print(1)", "text/x-python", "py", "python"),
        ("A.PY", "print(1)", "text/x-python", "py", "python"),
        ("a.md", "# A", "text/markdown", "md", "markdown"),
        ("a.csv", "a,b", "text/csv", "csv", "text"),
        ("a.json", "{}", "application/json", "json", "json"),
        ("a.jsonl", "{}", "application/jsonl", "jsonl", "json"),
        ("a.log", "x", "text/plain", "log", "text"),
        ("a.yml", "a: 1", "application/yaml", "yml", "yaml"),
        ("a.html", "<p>x", "text/html", "html", "html"),
        ("a", "<!DOCTYPE html><p>x", "text/html", "html", "html"),
        ("a.xyzzy", "<?xml version='1.0'?>\n<html>", "text/html", "html", "html"),
        ("a.txt", "<!DOCTYPE html><p>x", "text/plain", "txt", "text"),
        ("a.xml", "<a/>", "application/xml", "xml", "xml"),
        ("a.png", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "svg", "xml"),
        (
            "a.svg",
            "<?xml version='1.0'?><!-- x -->\n<!DOCTYPE svg PUBLIC 'x' 'y'>\n<svg>",
            "image/svg+xml",
            "svg",
            "xml",
        ),
        ("a.pdf", "no PDF", "text/plain", "txt", "text"),
        ("", "x", "text/plain", "txt", "text"),
        ("../..", "x", "text/plain", "txt", "text"),
        ("Dockerfile", "FROM x", "text/x-dockerfile-config", "txt", "docker"),
        ("a.rs", "fn main() {}", "text/rust", "rs", "rust"),
        ("a.ts", "let a = 1", "text/x-typescript", "ts", "typescript"),
        ("a.sql", "SELECT 1", "text/x-sql", "sql", "sql"),
    ],
)
def test_the_name_decides_between_kinds_of_text(inspect, name, content, media_type, extension, language):
    found = inspect(content.encode(), name)
    assert (found.kind, found.pages, found.sendable) == (Kind.TEXT, None, None)
    assert (found.media_type, found.extension, found.language) == (media_type, extension, language)


def test_long_text_is_cut_at_a_line(inspect, text_of):
    content = b"123456789\n" * 100
    assert text_of(content, text_characters=255) == "123456789\n" * 25
    assert inspect(content, text_characters=255).is_cut
    assert not inspect(content, text_characters=1000).is_cut
    assert len(text_of(b"x" * 5000, text_characters=255)) == 255


def test_a_cut_goes_through_no_character(text_of):
    text = "漢" * 100_000
    assert text_of(text.encode(), text_characters=1000) == text[:1000]
    assert text_of(("x" + text).encode(), text_characters=1000) == "x" + text[:999]


@pytest.mark.parametrize(
    ("text", "words"), [("one two  three\n", 3), ("你好 world", 3), ("", 0), (" \n", 0), ("it's a-b", 2)]
)
def test_words_are_counted(text, words):
    wording = Wording(100)
    wording.add(text)
    assert wording.words == words


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]))
@example(b"\0\xd8", b"\xff\xfe")
def test_what_is_text_can_be_written(content, mark):
    wording = Wording(1000)
    with contextlib.suppress(FileRefused):
        wording.add(decode(mark + content))
    assert "\0" not in wording.encoded().decode()
