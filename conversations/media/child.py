"""The process that looks into one file and ends.

Invariant: limits are set before anything of the file is read or any parser is imported, and only the report leaves
through the pipe, whatever a parser prints.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec

from .errand import Errand, Report
from .inspecting import inspect_file
from .inspection import Limits
from .refusals import FileRefused, Refusal

LARGEST_RESULT = 200_000_000
# The answers that run in the server come first.
NICENESS = 10


def run() -> None:
    """Do the errand that comes through standard input."""
    report_to = _quiet()
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    _report_failures(report_to)
    _limit(errand.limits)
    try:
        report = _done(errand)
    except FileRefused as refused:
        report = Report(refusal=refused.refusal, message=str(refused))
    report_to.write(msgspec.json.encode(report))
    report_to.flush()
    # Some libraries take their time to end, or fail to.
    os._exit(0)


def _done(errand: Errand) -> Report:
    path, out = Path(errand.path), Path(errand.out)
    if not errand.page:
        return Report(inspection=inspect_file(path, errand.name, out, errand.limits))
    from .pdfs import render_page

    return Report(page=render_page(path, errand.page, out, width=errand.width, limits=errand.limits))


def _quiet() -> BinaryIO:
    """Standard output, which libraries write remarks to, becomes nothing; its pipe is for the report alone."""
    report_to = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    return report_to


def _report_failures(report_to: BinaryIO) -> None:
    """An exception that nobody expected: too little memory for a parser itself, or a mistake of ours."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        reason = "".join(traceback.format_exception_only(kind, error)).strip()
        message = f"The process that looked into the file failed: {reason}"
        report_to.write(msgspec.json.encode(Report(refusal=Refusal.TOO_MUCH_WORK, message=message)))
        report_to.flush()

    sys.excepthook = report


def _limit(limits: Limits) -> None:
    if sys.platform == "win32":
        return
    import resource

    seconds = max(1, math.ceil(limits.seconds))
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, LARGEST_RESULT),
        (resource.RLIMIT_AS, limits.memory_bytes),
    ):
        # A system may know no such limit, or have set a stricter one.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    os.nice(NICENESS)
