"""PDF: its text by pages, and pictures of its pages.

Invariant: one page is open at a time, and a picture is never larger than the limits allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw
from PIL import Image

from .formats import PDF
from .images import THUMBNAIL_SIDE, encode_webp, write_thumbnail
from .inspection import Inspection, Kind, Limits, Made
from .parsing import parsing
from .refusals import FileRefused, Refusal
from .results import write_result
from .wording import Wording

WIDEST_PAGE = 4096
# WebP ends a little above.
HIGHEST_PAGE = 16_000
# What stands for a hyphen at the end of a line, and for what no character is known of.
NO_CHARACTERS = re.compile(r"[\ufffe\uffff]")


def inspect_pdf(path: Path, out: Path, limits: Limits) -> Inspection:
    with parsing("PDF"), _opened(path, limits) as document:
        wording = _wording(document, limits)
        pages = len(document)
        thumbnail = _first_page(document, limits)
        content = encode_webp(thumbnail)
    text = wording.encoded() if wording.words else b""
    return Inspection(
        kind=Kind.DOCUMENT,
        media_type=PDF.media_type,
        extension=PDF.extension,
        pages=pages,
        words=wording.words,
        is_cut=wording.is_cut,
        thumbnail=write_thumbnail(out, content, thumbnail.size),
        text=write_result(out, "text.txt", "text/plain; charset=utf-8", text),
    )


def render_page(path: Path, page: int, out: Path, *, width: int, limits: Limits) -> Made:
    """Page number `page`, counted from 1, as `page-<page>.webp`, `width` pixels wide unless it would be too high."""
    with parsing("PDF"), _opened(path, limits) as document:
        if not 1 <= page <= len(document):
            raise FileRefused(Refusal.DAMAGED, f"There is no page {page} in it.")
        with _loaded(document, page - 1) as loaded:
            wide, high = _size(loaded)
            scale = min(width, WIDEST_PAGE) / wide
            most = min(limits.image_pixels, WIDEST_PAGE**2)
            picture = _rendered(loaded, min(scale, (most / (wide * high)) ** 0.5, HIGHEST_PAGE / high))
        content = encode_webp(picture)
    return write_result(out, f"page-{page}.webp", "image/webp", content, size=picture.size)


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[Any]:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise FileRefused(Refusal.ENCRYPTED, "The PDF needs a password.") from error
        raise
    try:
        if len(document) > limits.pages:
            raise FileRefused(Refusal.TOO_MANY_PAGES, f"The PDF has {len(document)} pages.")
        if not len(document):
            raise FileRefused(Refusal.DAMAGED, "The PDF has no pages.")
        yield document
    finally:
        document.close()


@contextmanager
def _loaded(document: Any, index: int) -> Iterator[Any]:
    page = document[index]
    try:
        yield page
    finally:
        page.close()


def _wording(document: Any, limits: Limits) -> Wording:
    wording = Wording(limits.text_characters)
    for index in range(len(document)):
        if wording.is_cut:
            break
        text = _page_text(document, index)
        wording.mark(f"[Page {index + 1}]\n")
        wording.add(f"{text}\n\n" if text else "\n")
    return wording


def _page_text(document: Any, index: int) -> str:
    """ "" for a page that cannot be read: the others still can."""
    try:
        with _loaded(document, index) as page:
            read = page.get_textpage()
            try:
                text: str = read.get_text_bounded(errors="ignore")
            finally:
                read.close()
    except pypdfium2.PdfiumError:
        return ""
    return NO_CHARACTERS.sub("", text).replace("\r\n", "\n").strip()


def _first_page(document: Any, limits: Limits) -> Image.Image:
    with _loaded(document, 0) as page:
        return _rendered(page, THUMBNAIL_SIDE / max(_size(page)))


def _size(page: Any) -> tuple[float, float]:
    """Width and height in points, at least one each."""
    width, height = page.get_size()
    return max(1.0, width), max(1.0, height)


def _rendered(page: Any, scale: float) -> Image.Image:
    picture: Image.Image = page.render(scale=scale).to_pil()
    return picture.convert("RGB")
