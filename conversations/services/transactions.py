"""One write at a time: every service that changes rows runs inside `writing()`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# SQLite has one writer. Waiting here is fair and costs nothing; waiting in SQLite's busy handler is a lottery
# that somebody loses when hundreds of answers start at once.
_one_writer = threading.RLock()


@contextmanager
def writing() -> Iterator[None]:
    """A transaction that is first in line: all of it is kept, or none; its events leave when it has committed."""
    if connection.vendor == "sqlite":
        with _one_writer, transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield
