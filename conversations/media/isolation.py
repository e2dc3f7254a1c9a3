"""Looks into files in a child process with hard limits, one for each file.

Invariant: for whatever is in a file, the outcome is an Inspection or a FileRefused, after at most the time that the
limits allow; the server reads nothing of the file and imports no parser.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from .errand import Errand, Report
from .inspection import Inspection, Limits, Made
from .refusals import FileRefused, Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
# Isolated: neither the current folder nor the environment puts a module into the child's way, and
# packages are found wherever this process finds them.
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); sys.path += sys.argv[2:]; "
    "from conversations.media.child import run; run()"
)
# Threads of parsers would each reserve address space of their own, which counts against the limit.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "LANG": "C.UTF-8"}
INHERITED = ("SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR")


def inspect_isolated(path: Path, name: str, out: Path, limits: Limits = Limits()) -> Inspection:  # noqa: B008
    """As inspect_file(), for a server: blocks for up to `limits.seconds`, so call it in a thread.

    Raises FileRefused for whatever is wrong with the file or happens to the child, FileNotFoundError or another
    OSError when there is no such file or no child can be started. After a refusal `out` may hold unfinished results.
    """
    path.stat()
    report = _report(Errand(str(path.absolute()), str(out.absolute()), limits, name=_encodable(name)))
    if report.inspection is None:
        raise _died("it reported nothing")
    return report.inspection


def render_page_isolated(
    path: Path,
    page: int,
    out: Path,
    *,
    width: int,
    limits: Limits = Limits(),  # noqa: B008
) -> Made:
    """Page number `page`, from 1, of a PDF as a webp file in `out`, `width` pixels wide unless that is too much.

    Raises as inspect_isolated() does; a page that is not there is DAMAGED.
    """
    path.stat()
    if page < 1 or width < 1:
        raise ValueError("Pages are counted from 1, and have a width.")
    report = _report(Errand(str(path.absolute()), str(out.absolute()), limits, page=page, width=width))
    if report.page is None:
        raise _died("it reported nothing")
    return report.page


def _report(errand: Errand) -> Report:
    """What the child said. Raises FileRefused if that is a refusal, or if it died."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", PROGRAM, str(ROOT), *filter(None, sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT | inherited,
        # A Ctrl-C at the terminal is for the server, which then ends in order.
        start_new_session=True,
    )
    with process:
        try:
            content, _ = process.communicate(msgspec.json.encode(errand), timeout=errand.limits.seconds)
        except subprocess.TimeoutExpired:
            raise _died(f"it was not done in {errand.limits.seconds:g} s") from None
        finally:
            process.kill()
    try:
        report = msgspec.json.decode(content, type=Report)
    except msgspec.DecodeError:
        raise _died(f"it ended with {process.returncode}") from None
    if report.refusal is not None:
        raise FileRefused(report.refusal, report.message)
    return report


def _died(reason: str) -> FileRefused:
    return FileRefused(Refusal.TOO_MUCH_WORK, f"The process that looked into the file: {reason}.")


def _encodable(name: str) -> str:
    """The name without lone surrogates, which JSON cannot carry."""
    return name.encode(errors="replace").decode()
