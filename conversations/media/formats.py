"""Which format a file has, by how it begins.

Invariant: the name of a file plays no part, and a file that begins as two things at once is what its first bytes
are.
"""

from __future__ import annotations

import struct
from enum import StrEnum

import msgspec

from .refusals import FileRefused, Refusal

# A tag before the sound of an mp3 may be longer; it then counts as mp3, which most are.
HEAD_BYTES = 1 << 16


class Family(StrEnum):
    """Which parser reads a format."""

    IMAGE = "image"
    SOUND = "sound"
    PDF = "pdf"
    ZIP = "zip"
    TEXT = "text"


class Format(msgspec.Struct, frozen=True):
    """`parser`: what the parser calls the format. All empty for TEXT and ZIP, which need a closer look."""

    family: Family
    parser: str = ""
    media_type: str = ""
    extension: str = ""


PNG = Format(Family.IMAGE, "PNG", "image/png", "png")
JPEG = Format(Family.IMAGE, "JPEG", "image/jpeg", "jpg")
WEBP = Format(Family.IMAGE, "WEBP", "image/webp", "webp")
GIF = Format(Family.IMAGE, "GIF", "image/gif", "gif")
BMP = Format(Family.IMAGE, "BMP", "image/bmp", "bmp")
TIFF = Format(Family.IMAGE, "TIFF", "image/tiff", "tiff")
HEIC = Format(Family.IMAGE, "HEIF", "image/heic", "heic")
HEIF = Format(Family.IMAGE, "HEIF", "image/heif", "heif")
AVIF = Format(Family.IMAGE, "AVIF", "image/avif", "avif")
WAV = Format(Family.SOUND, "wav", "audio/wav", "wav")
MP3 = Format(Family.SOUND, "mp3", "audio/mpeg", "mp3")
OGG = Format(Family.SOUND, "ogg", "audio/ogg", "ogg")
WEBM = Format(Family.SOUND, "matroska", "audio/webm", "webm")
MP4 = Format(Family.SOUND, "mov", "audio/mp4", "m4a")
FLAC = Format(Family.SOUND, "flac", "audio/flac", "flac")
AAC = Format(Family.SOUND, "aac", "audio/aac", "aac")
AIFF = Format(Family.SOUND, "aiff", "audio/aiff", "aiff")
PDF = Format(Family.PDF, "", "application/pdf", "pdf")
ZIP = Format(Family.ZIP)
TEXT = Format(Family.TEXT)

BEGINNINGS: dict[bytes, Format | Refusal] = {
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"GIF87a": GIF,
    b"GIF89a": GIF,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"OggS": OGG,
    b"fLaC": FLAC,
    b"\x1aE\xdf\xa3": WEBM,
    b"%PDF-": PDF,
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": Refusal.ARCHIVE,
    b"PK\x07\x08": Refusal.ARCHIVE,
    b"\x1f\x8b": Refusal.ARCHIVE,
    b"7z\xbc\xaf\x27\x1c": Refusal.ARCHIVE,
    b"Rar!\x1a\x07": Refusal.ARCHIVE,
    b"\xfd7zXZ\0": Refusal.ARCHIVE,
    b"\x28\xb5\x2f\xfd": Refusal.ARCHIVE,
    b"\x04\x22\x4d\x18": Refusal.ARCHIVE,
    b"MSCF\0\0\0\0": Refusal.ARCHIVE,
    b"!<arch>\n": Refusal.ARCHIVE,
    b"\x7fELF": Refusal.PROGRAM,
    b"\xfe\xed\xfa\xce": Refusal.PROGRAM,
    b"\xfe\xed\xfa\xcf": Refusal.PROGRAM,
    b"\xce\xfa\xed\xfe": Refusal.PROGRAM,
    b"\xcf\xfa\xed\xfe": Refusal.PROGRAM,
    b"\xca\xfe\xba\xbe": Refusal.PROGRAM,
    b"\0asm": Refusal.PROGRAM,
    b"dex\n": Refusal.PROGRAM,
    b"BC\xc0\xde": Refusal.PROGRAM,
    b"\0\0\x01\xba": Refusal.VIDEO,
    b"\0\0\x01\xb3": Refusal.VIDEO,
    b"FLV\x01": Refusal.VIDEO,
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": Refusal.UNKNOWN_TYPE,
}
# RIFF, FORM: the kind of contents stands after the size.
CONTAINERS: dict[tuple[bytes, bytes], Format | Refusal] = {
    (b"RIFF", b"WEBP"): WEBP,
    (b"RIFF", b"WAVE"): WAV,
    (b"RF64", b"WAVE"): WAV,
    (b"RIFF", b"AVI "): Refusal.VIDEO,
    (b"FORM", b"AIFF"): AIFF,
    (b"FORM", b"AIFC"): AIFF,
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def sniff(head: bytes) -> Format:
    """The format of a file that begins with `head` (HEAD_BYTES, or all of it); TEXT where nothing else fits.

    Raises FileRefused for what is recognised and not taken.
    """
    found = _by_beginning(head) or _by_structure(head)
    if isinstance(found, Refusal):
        raise FileRefused(found, f"It begins as something that is not taken ({found}): {head[:12]!r}.")
    return found or TEXT


def _by_beginning(head: bytes) -> Format | Refusal | None:
    for beginning, found in BEGINNINGS.items():
        if head.startswith(beginning):
            return found
    return CONTAINERS.get((head[:4], head[8:12]))


def _by_structure(head: bytes) -> Format | Refusal | None:
    for look in (_iso_media, _tagged_sound, _bitmap, _late_pdf, _ole, _program, _packed, _transport_stream):
        if found := look(head):
            return found
    return None


def _iso_media(head: bytes) -> Format | None:
    """Boxes as in QuickTime: pictures by their brands; whether the rest is sound or video, its streams tell."""
    if head[4:8] in (b"moov", b"mdat", b"wide", b"skip") and head[:2] == b"\0\0":
        return MP4
    if head[4:8] != b"ftyp":
        return None
    size = min(struct.unpack(">I", head[:4])[0], 4096)
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, size - 3, 4))]
    major = brands[0]
    if major in (b"avif", b"avis") or (major in (b"mif1", b"miaf") and b"avif" in brands):
        return AVIF
    if major in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"):
        return HEIC
    if major in (b"mif1", b"msf1"):
        return HEIC if {b"heic", b"heix"} & set(brands) else HEIF
    return MP4


def _tagged_sound(head: bytes) -> Format | None:
    """MPEG sound, which has no signature but frames, maybe after a tag."""
    if head[:3] != b"ID3":
        return _frames(head)
    if len(head) < 10 or not 2 <= head[3] <= 4 or any(byte > 127 for byte in head[6:10]):
        return None
    size = 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    rest = head[size:]
    return FLAC if rest.startswith(b"fLaC") else _frames(rest) or MP3


def _frames(head: bytes) -> Format | None:
    if len(head) < 7 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return AAC if _follows(head, length, 0xF6, 0xF0) else None
    if head[1] & 0xE6 == 0xE2 and (length := _mp3_frame_length(head)):
        return MP3 if _follows(head, length, 0xE6, 0xE2) else None
    return None


def _follows(head: bytes, length: int, mask: int, bits: int) -> bool:
    """Whether another frame begins after `length` bytes, as far as can be seen."""
    following = head[length : length + 2]
    return length >= 7 and (len(following) < 2 or (following[0] == 0xFF and following[1] & mask == bits))


def _mp3_frame_length(head: bytes) -> int:
    """Of a frame of MPEG audio layer III, in bytes; 0 if the header is none."""
    version, rate_index, bitrate_index = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or rate_index == 3 or bitrate_index in (0, 15):
        return 0
    is_first = version == 3
    kilobits = (
        (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
        if is_first
        else (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
    )[bitrate_index - 1]
    rate = (44_100, 48_000, 32_000)[rate_index] // {3: 1, 2: 2, 0: 4}[version]
    return (144 if is_first else 72) * kilobits * 1000 // rate + (head[2] >> 1 & 1)


def _bitmap(head: bytes) -> Format | None:
    """ "BM" begins words as well: what follows must be the size of a known header."""
    is_bitmap = head[:2] == b"BM" and len(head) > 18 and struct.unpack("<I", head[14:18])[0] in BITMAP_HEADERS
    return BMP if is_bitmap else None


def _late_pdf(head: bytes) -> Format | None:
    """Some writers begin a PDF with a byte order mark or an empty line."""
    return PDF if head[:1024].removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"%PDF-") else None


def _ole(head: bytes) -> Refusal | None:
    """Old Office files, and new ones with a password, whose directory names what is encrypted."""
    if not head.startswith(OLE):
        return None
    encrypted = "EncryptedPackage".encode("utf-16-le") in head
    return Refusal.ENCRYPTED if encrypted else Refusal.UNKNOWN_TYPE


def _program(head: bytes) -> Refusal | None:
    """ "MZ" could begin a text, but there is no NUL in a text."""
    return Refusal.PROGRAM if head[:2] == b"MZ" and b"\0" in head[:64] else None


def _packed(head: bytes) -> Refusal | None:
    is_tar = head[257:262] == b"ustar"
    is_bzip2 = head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
    return Refusal.ARCHIVE if is_tar or is_bzip2 else None


def _transport_stream(head: bytes) -> Refusal | None:
    """MPEG transport streams begin each packet of 188 bytes with a G."""
    packets = head[: 188 * 5 : 188]
    return Refusal.VIDEO if packets == b"G" * 5 and b"\0" in head[:188] else None
