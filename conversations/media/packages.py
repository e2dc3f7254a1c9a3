"""Zip files: which of them are Office documents, and whether they may be unpacked.

Invariant: nothing is unpacked before the sizes of all parts are added up; a part that is larger than its stated size
is read up to that size by zipfile.
"""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path

from .inspection import Limits
from .parsing import parsing
from .refusals import FileRefused, Refusal

MOST_PARTS = 20_000
LONGEST_LIST = 1 << 20
LIST_OF_PARTS = "[Content_Types].xml"
ENCRYPTED_FLAG = 1


class Package(StrEnum):
    """A kind of Office document; the value is its media type."""

    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    @property
    def extension(self) -> str:
        return self.name.lower()


def package_in(path: Path, limits: Limits) -> Package:
    """The kind of document that a zip file is. Raises FileRefused for any other, and for one that is too large."""
    with parsing("zip file"), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if LIST_OF_PARTS not in names:
            is_document = "mimetype" in names
            refusal = Refusal.UNKNOWN_TYPE if is_document else Refusal.ARCHIVE
            raise FileRefused(refusal, "A zip file, and not one of an Office document.")
        unpacked = sum(part.file_size for part in parts)
        if unpacked > limits.unpacked_bytes or len(parts) > MOST_PARTS:
            message = f"{unpacked} bytes in {len(parts)} parts are inside."
            raise FileRefused(Refusal.TOO_LARGE_UNPACKED, message)
        if any(part.flag_bits & ENCRYPTED_FLAG for part in parts):
            raise FileRefused(Refusal.ENCRYPTED, "Its parts are encrypted.")
        with archive.open(LIST_OF_PARTS) as file:
            listed = file.read(LONGEST_LIST)
    for package in Package:
        # A document with macros names another type for its main part.
        if f"{package}.main+xml".encode() in listed:
            return package
    raise FileRefused(Refusal.UNKNOWN_TYPE, "A package, but none of a docx, xlsx or pptx.")
