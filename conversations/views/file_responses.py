"""Stored files over HTTP: in pieces, any range of bytes, and never as anything that a browser would run.

Invariant: what a browser shows itself is a raster picture or a sound; everything else is a download.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from django.core.files.storage import Storage
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from conversations.generation.workshop import with_storage

SHOWN = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "audio/wav",
        "audio/mpeg",
        "audio/ogg",
        "audio/webm",
        "audio/mp4",
        "audio/flac",
        "audio/aac",
    }
)
PIECE = 1 << 18
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")
# No script, no frame, no request: whatever the bytes turn out to be.
POLICY = "default-src 'none'; sandbox"

log = structlog.get_logger(__name__)


class StoredFile(msgspec.Struct, frozen=True):
    """A file in a storage, of `size` bytes."""

    storage: Storage
    name: str
    size: int

    @classmethod
    def of(cls, stored: FieldFile, size: int) -> StoredFile:
        return cls(stored.storage, stored.name or "", size)


async def file_response(
    request: HttpRequest,
    stored: StoredFile,
    *,
    name: str,
    media_type: str,
    etag: str,
    as_download: bool = False,
) -> HttpResponseBase:
    """The file, or the range of it that is asked for; 304 for whoever has it already. Raises Http404 if it is gone."""
    etag = f'"{etag}"'
    if etag in re.split(r"\s*,\s*", request.headers.get("If-None-Match", "")):
        return _with_headers(HttpResponse(status=304), etag)
    start, end, status = 0, stored.size, 200
    if wanted := _range(request, etag):
        found = _within(wanted, stored.size)
        if found is None:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{stored.size}"})
        (start, end), status = found, 206
    try:
        # Before anything is answered, so that the answer is true.
        if not await with_storage(stored.storage.exists, stored.name):
            raise Http404
    except OSError:
        log.exception("file_not_read", name=stored.name)
        return HttpResponse(status=503)
    is_shown = media_type in SHOWN and not as_download
    content_type = media_type if is_shown else "application/octet-stream"
    response: HttpResponseBase
    if request.method == "HEAD":
        # Of a body in pieces the server would send all but the first.
        response = HttpResponse(status=status, content_type=content_type)
    else:
        pieces = _bytes(stored, start, end - start)
        response = StreamingHttpResponse(pieces, status=status, content_type=content_type)
    response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = f"{'inline' if is_shown else 'attachment'}; {_filename(name)}"
    if status == 206:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size}"
    return _with_headers(response, etag)


def _with_headers(response: Any, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    # Asked again each time: whoever has signed out since gets nothing out of the browser's memory.
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    found: HttpResponseBase = response
    return found


def _range(request: HttpRequest, etag: str) -> tuple[str, str] | None:
    """First and last byte as asked for; several ranges at once are answered with the whole, as HTTP allows."""
    match = RANGE.match(request.headers.get("Range", ""))
    condition = request.headers.get("If-Range", etag)
    if request.method not in {"GET", "HEAD"} or match is None or condition != etag:
        return None
    first, last = match.groups()
    return (first, last) if first or last else None


def _within(wanted: tuple[str, str], size: int) -> tuple[int, int] | None:
    """The range as [start, end); None where the file has nothing of it."""
    first, last = wanted
    if not first:
        count = min(int(last), size)
        return (size - count, size) if count else None
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None


def _filename(name: str) -> str:
    """In both forms: old readers take the first, which has ASCII only."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _open_at(stored: StoredFile, start: int) -> Any:
    file = stored.storage.open(stored.name, "rb")
    if start:
        file.seek(start)
    return file


async def _bytes(stored: StoredFile, start: int, left: int) -> AsyncIterator[bytes]:
    file = await with_storage(_open_at, stored, start)
    try:
        while left and (piece := await with_storage(file.read, min(PIECE, left))):
            left -= len(piece)
            yield piece
    finally:
        await with_storage(file.close)
