"""The suite's own world: no setting of the developer's shell reaches it, and it reaches no other machine.

Imported by tests/conftest.py before Django's settings are.
"""

import atexit
import ipaddress
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

FOREIGN_PREFIXES = ("CHATSITE_", "OPENAI_", "DJANGO_", "S3_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
FOREIGN_NAMES = frozenset(
    [
        *PROXIES,
        *(
            "ALLOWED_HOSTS",
            "CSRF_TRUSTED_ORIGINS",
            "DATABASE_URL",
            "DEBUG",
            "DEFAULT_FROM_EMAIL",
            "EMAIL_URL",
        ),
        *("HOST", "MEDIA_ROOT", "PORT", "REDIS_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS"),
    ]
)


def clean_environment() -> dict[str, str]:
    """What a server started by a test inherits: everything but settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN_PREFIXES) and name.removesuffix("_FILE") not in FOREIGN_NAMES
    }


def enter() -> None:
    """Point this process's settings at a data directory of its own."""
    inherited = clean_environment()
    os.environ.clear()
    os.environ.update(inherited)
    data_dir = Path(tempfile.mkdtemp(prefix="chatsite-tests-"))
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
    os.environ["CHATSITE_DATA_DIR"] = str(data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
    refuse_other_machines()


def refuse_other_machines() -> None:
    """A connection that would leave this machine fails at once, and says so."""
    original = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise OSError(f"a test tried to reach {address[0]}:{address[1]}")
        original(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
