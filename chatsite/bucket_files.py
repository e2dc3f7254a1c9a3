"""Files in a bucket, read in pieces: whoever wants the end of a long sound need not wait for all of it.

Invariant: each piece is a request of its own, so that a reader who is slow, or never comes back, holds no connection;
of a file no more than a piece is in memory; and what goes wrong is an OSError, as with a file on disk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

PIECE = 1 << 20


class BucketStorage(S3Storage):
    """django-storages' own, but for reading bytes: there it fetches all of a file before it gives out the first.

    Every verb raises OSError.
    """

    def _open(self, name: str, mode: str = "rb") -> File:
        with _failing_as_on_disk():
            opened: Any = super()._open(name, mode)
        return BucketFile(opened.obj, opened.size, name) if mode == "rb" else opened

    def _save(self, name: str, content: File) -> str:
        with _failing_as_on_disk():
            saved: str = super()._save(name, content)
            return saved

    def delete(self, name: str) -> None:
        with _failing_as_on_disk():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _failing_as_on_disk():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with _failing_as_on_disk():
            return int(super().size(name))

    def get_modified_time(self, name: str) -> datetime:
        with _failing_as_on_disk():
            found: datetime = super().get_modified_time(name)
            return found

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _failing_as_on_disk():
            folders, files = super().listdir(name)
            return folders, files


class BucketFile(File):
    """An object of boto3's as Django's file of `size` bytes, which can be opened again when it is closed."""

    def __init__(self, stored: Any, size: int, name: str) -> None:
        self._stored = stored
        self.size = size
        super().__init__(self._reader(), name)

    def open(self, mode: str | None = None, *_args: Any, **_options: Any) -> BucketFile:
        if self.closed:
            self.file = self._reader()
        self.seek(0)
        return self

    def _reader(self) -> io.BufferedReader:
        return io.BufferedReader(BucketObject(self._stored, self.size), PIECE)


class BucketObject(io.RawIOBase):
    """An object of boto3's as a file of `size` bytes, which must not change meanwhile."""

    def __init__(self, stored: Any, size: int) -> None:
        super().__init__()
        self._stored = stored
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning of the file")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        read = self._fetch(len(buffer))
        buffer[: len(read)] = read
        return len(read)

    def readall(self) -> bytes:
        return self._fetch(self._size)

    def _fetch(self, count: int) -> bytes:
        """At most so many bytes from where it stands on. Raises OSError."""
        end = min(self._position + count, self._size)
        if end <= self._position:
            return b""
        with _failing_as_on_disk():
            answer = self._stored.get(Range=f"bytes={self._position}-{end - 1}")
            read: bytes = answer["Body"].read()
        self._position += len(read)
        return read


@contextmanager
def _failing_as_on_disk() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        is_missing = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404
        raise (FileNotFoundError if is_missing else OSError)(str(error)) from error
    except BotoCoreError as error:
        raise OSError(str(error)) from error
