"""PDF: text by pages, a picture of the first page and of any other."""

import pytest
from PIL import Image

from conversations.media import FileRefused, Kind, Limits, Refusal, render_page_isolated
from conversations.media.pdfs import render_page
from tests.media.samples import pdf

# Encrypted with the password "secret": the key of the user is wrong for an empty one.
LOCKED = (
    b"trailer<</Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>/ID[(0123456789abcdef)(0123456789abcdef)]"
    % (
        b"o" * 32,
        b"u" * 32,
    )
)


def test_the_text_of_each_page_stands_under_its_mark(inspect, text_of):
    content = pdf("Hello world", "", "The third page")
    assert text_of(content, "a.txt") == "[Page 1]\nHello world\n\n[Page 2]\n\n[Page 3]\nThe third page\n\n"
    found = inspect(content)
    assert (found.kind, found.media_type, found.extension) == (Kind.DOCUMENT, "application/pdf", "pdf")
    assert (found.pages, found.words, found.is_cut, found.sendable) == (3, 5, False, None)


def test_the_first_page_is_pictured(inspect, out):
    found = inspect(pdf("", "x"))
    image = Image.open(out / found.thumbnail.name)
    assert image.format == "WEBP"
    assert image.size == (found.thumbnail.width, found.thumbnail.height)
    assert max(image.size) == 480
    assert image.convert("RGB").getpixel((60, 420))[1] > 200 > image.convert("RGB").getpixel((60, 420))[0]


def test_a_scan_has_no_text(inspect):
    found = inspect(pdf("", ""))
    assert (found.text.size, found.words, found.pages, found.is_cut) == (0, 0, 2, False)


def test_a_password_is_said(refusal_of):
    assert refusal_of(pdf("x").replace(b"trailer<<", LOCKED)) == Refusal.ENCRYPTED


def test_too_many_pages_are_refused(refusal_of, inspect):
    assert refusal_of(pdf("a", "b", "c"), pages=2) == Refusal.TOO_MANY_PAGES
    assert inspect(pdf("a", "b"), pages=2).pages == 2


def test_long_text_is_cut_and_this_is_said(inspect, text_of):
    content = pdf(*["word " * 10] * 20)
    found = inspect(content, text_characters=200)
    assert found.is_cut
    assert found.pages == 20
    assert 100 < len(text_of(content, text_characters=200)) <= 200


@pytest.mark.parametrize(
    "kids",
    [b"2 0 R", b"2 0 R 2 0 R 2 0 R", b"99 0 R", b"1 0 R", b"null"],
    ids=["itself", "itself often", "nothing", "the catalog", "null"],
)
def test_a_tree_of_pages_without_end_ends(inspect, kids):
    refusal = None
    try:
        inspect(pdf("x", kids=kids), isolated=True, seconds=20)
    except FileRefused as refused:
        refusal = refused.refusal
    assert refusal in (None, Refusal.DAMAGED)


@pytest.mark.parametrize("count", [b"1999", b"99999999", b"-5"])
def test_a_stated_number_of_pages_makes_no_words_and_no_endless_work(inspect, count):
    content = pdf("x").replace(b"/Count 1/", b"/Count %s/" % count)
    assert inspect(content).words == 1


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\r\n", b"\n\n"])
def test_a_few_bytes_may_come_before_a_pdf(inspect, mark):
    assert inspect(mark + pdf("Hello")).words == 1


def test_any_page_can_be_pictured(tmp_path, out):
    path = tmp_path / "file"
    path.write_bytes(pdf("", "Second"))
    made = render_page_isolated(path, 2, out, width=300)
    assert (made.name, made.media_type, made.width, made.height) == ("page-2.webp", "image/webp", 300, 425)
    with Image.open(out / made.name) as image:
        assert image.size == (300, 425)
        assert (out / made.name).stat().st_size == made.size


@pytest.mark.parametrize("page", [3, 99_999])
def test_a_page_that_is_not_there_is_refused(tmp_path, out, page):
    path = tmp_path / "file"
    path.write_bytes(pdf("a", "b"))
    with pytest.raises(FileRefused) as caught:
        render_page(path, page, out, width=300, limits=Limits())
    assert caught.value.refusal == Refusal.DAMAGED


@pytest.mark.parametrize("size", [(1, 14_400), (14_400, 1), (14_400, 14_400), (1, 1)])
@pytest.mark.parametrize("width", [1, 300, 10**9])
def test_a_picture_of_a_page_is_of_bearable_size(tmp_path, out, size, width):
    path = tmp_path / "file"
    path.write_bytes(pdf("a", size=size))
    made = render_page(path, 1, out, width=width, limits=Limits(image_pixels=250_000))
    assert 1 <= made.width * made.height <= 255_000
