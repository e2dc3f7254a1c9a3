"""What the server's process and the child process say to each other.

Invariant: JSON in both directions, and only these shapes: the child reads an Errand and writes one Report.
"""

from __future__ import annotations

import msgspec

from .inspection import Inspection, Limits, Made
from .refusals import Refusal


class Errand(msgspec.Struct, frozen=True):
    """What the child is to do; `page` 0: look into the file, otherwise picture that page, `width` pixels wide."""

    path: str
    out: str
    limits: Limits
    name: str = ""
    page: int = 0
    width: int = 0


class Report(msgspec.Struct, frozen=True):
    """One of the members is set; `message` belongs to `refusal`."""

    inspection: Inspection | None = None
    page: Made | None = None
    refusal: Refusal | None = None
    message: str = ""
