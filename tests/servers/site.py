"""A real `manage.py serve` process with a data directory of its own: it can be killed and started again on its data."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.servers.environment import clean_environment, free_port
from tests.servers.waiting import wait_until

PROJECT_DIR = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


class LiveSite:
    """The server of one test; `settings` are environment variables on top of the defaults.

    No local model servers are looked for, so that a test depends on nothing else that runs on the machine.
    """

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = clean_environment() | {
            "CHATSITE_ENV_FILE": "/dev/null",
            "CHATSITE_DATA_DIR": str(data_dir),
            "CHATSITE_DISCOVER_LOCAL": "off",
            "PYTHONUNBUFFERED": "1",
            **(settings or {}),
        }
        self.log_path = data_dir.with_name(f"{data_dir.name}.log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LiveSite":
        """Returns when the site answers."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=PROJECT_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._answers, "the site answers", seconds=60)
        return self

    def kill(self) -> None:
        """As a power cut would: nothing is told, nothing is flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As Ctrl+C would; the exit code."""
        return self._end(signal.SIGINT)

    def restart(self) -> "LiveSite":
        self.stop()
        return self.start()

    @property
    def output(self) -> str:
        """Everything that the process has printed, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def setup_url(self) -> str:
        links = re.findall(r"http\S+/accounts/setup/\S+", self.output)
        return str(links[-1])

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """What `manage.py <arguments>` prints on this site's data; fails with its output if the command does."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT_DIR,
            env=self.environment,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make_user(self, username: str, *, staff: bool = False) -> None:
        """A user with PASSWORD; staff users are superusers."""
        make = "create_superuser" if staff else "create_user"
        self.manage(
            "shell",
            "-v0",
            "-c",
            f"from django.contrib.auth.models import User; User.objects.{make}({username!r}, password={PASSWORD!r})",
        )

    @contextmanager
    def signed_in(self, username: str) -> Iterator[httpx.Client]:
        """An HTTP client that has signed in as this user (with PASSWORD) and sends the CSRF token along."""
        with httpx.Client(base_url=self.url, follow_redirects=True) as client:
            client.get("/accounts/login/")
            client.headers["X-CSRFToken"] = client.cookies["chatsite_csrf"]
            form = {"login": username, "password": PASSWORD}
            answer = client.post("/accounts/login/", data=form, follow_redirects=False)
            assert answer.status_code == 302, answer.text
            # Signing in changes the token.
            client.headers["X-CSRFToken"] = client.cookies["chatsite_csrf"]
            yield client

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"the site ended instead of starting:\n{self.output}")
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the site did not end in 20 seconds:\n{self.output}") from None
        self.process = None
        return code
