"""Where the parsers of other packages meet files of strangers.

Invariant: whatever a parser raises while it reads becomes a FileRefused. Results are written outside of this, so
that a full disk is not taken for a damaged file.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .refusals import FileRefused, Refusal

LONGEST_REASON = 300


@contextmanager
def parsing(subject: str) -> Iterator[None]:
    """Runs code of parsers; a failure means that the `subject`, such as "picture", is damaged.

    No list of exceptions would do: the parsers meet KeyError, RecursionError or AssertionError in bad files.
    """
    try:
        # Parsers warn about files that nobody here can mend.
        with warnings.catch_warnings(action="ignore"):
            yield
    except FileRefused:
        raise
    except (MemoryError, ImportError) as error:
        # Parsers load parts of themselves when they need them, if there is memory for that.
        raise FileRefused(Refusal.TOO_MUCH_WORK, f"The {subject} needs too much memory.") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        # Some report a lack of memory as a fault of the file.
        refusal = Refusal.TOO_MUCH_WORK if "memory" in reason.lower() else Refusal.DAMAGED
        raise FileRefused(refusal, f"The {subject} cannot be read: {reason}") from error
