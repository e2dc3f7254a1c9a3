"""`manage.py serve`: one process that prepares its data, says where it is, and stops without leaving a mess."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from conversations.management.commands.serve import address_for_people
from tests.servers.site import PASSWORD, PROJECT_DIR, LiveSite
from tests.servers.waiting import wait_until

MakeSite = Callable[..., LiveSite]
ADMIN = {
    "DJANGO_SUPERUSER_USERNAME": "root",
    "DJANGO_SUPERUSER_EMAIL": "root@example.com",
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
}


def serve_until_it_ends(site: LiveSite, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=PROJECT_DIR,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_says_where_it_is_and_ends_cleanly(live_site: LiveSite) -> None:
    assert f"Chatsite is at {live_site.url}/" in live_site.output
    assert live_site.stop() == 0
    assert live_site.output.endswith("Stopped.\n")
    assert "Traceback" not in live_site.output


def test_it_stops_within_seconds_with_sockets_and_requests_open(live_site: LiveSite) -> None:
    with (
        httpx.Client(base_url=live_site.url) as client,
        socket.create_connection(("127.0.0.1", live_site.port)),
    ):
        client.get("/healthz")
        assert live_site.stop() == 0


def test_a_start_after_a_kill_finds_all_that_was_stored(live_site: LiveSite) -> None:
    live_site.make_user("alice")
    live_site.kill()
    live_site.start()
    with live_site.signed_in("alice") as alice:
        assert alice.get("/").status_code == 200


def test_it_makes_the_account_that_the_environment_names_once(make_site: MakeSite) -> None:
    site = make_site(**ADMIN)
    site.environment["DJANGO_SUPERUSER_PASSWORD"] = "another long one 7"
    site.restart()
    assert "/accounts/setup/" not in site.output
    with site.signed_in("root@example.com") as root:
        assert root.get("/admin/").status_code == 200
    assert PASSWORD not in site.output


def test_a_name_without_a_password_is_refused(make_site: MakeSite) -> None:
    site = make_site(start=False, DJANGO_SUPERUSER_USERNAME="root")
    done = serve_until_it_ends(site, "--port", str(site.port))
    assert done.returncode == 1
    assert "DJANGO_SUPERUSER_PASSWORD" in done.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DJANGO_SUPERUSER_USERNAME": "no spaces here"}, "DJANGO_SUPERUSER_USERNAME"),
        ({"DJANGO_SUPERUSER_EMAIL": "nowhere"}, "DJANGO_SUPERUSER_EMAIL"),
        (
            {"DJANGO_SUPERUSER_EMAIL": "", "CHATSITE_EMAIL_VERIFICATION": "mandatory"},
            "DJANGO_SUPERUSER_EMAIL",
        ),
    ],
)
def test_an_account_that_could_not_be_used_is_refused(
    make_site: MakeSite, change: dict[str, str], named: str
) -> None:
    site = make_site(start=False, **ADMIN | change)
    done = serve_until_it_ends(site, "--port", str(site.port))
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_the_password_of_the_first_account_may_be_kept_in_a_file(make_site: MakeSite, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    named = {name: value for name, value in ADMIN.items() if "PASSWORD" not in name}
    site = make_site(**named, DJANGO_SUPERUSER_PASSWORD_FILE=str(secret))
    with site.signed_in("root") as root:
        assert root.get("/admin/").status_code == 200


def test_a_taken_port_is_named(make_site: MakeSite) -> None:
    site = make_site(start=False)
    with socket.create_server(("127.0.0.1", site.port)):
        done = serve_until_it_ends(site, "--port", str(site.port))
    assert done.returncode == 1
    assert f"Port {site.port} on 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(site.data_dir.glob("*.sqlite3")) == []


def test_a_host_of_another_machine_is_refused(make_site: MakeSite) -> None:
    done = serve_until_it_ends(make_site(start=False), "--host", "192.0.2.1")
    assert done.returncode == 1
    assert "Cannot serve on 192.0.2.1" in done.stderr


def test_static_files_have_lasting_names_and_are_compressed(live_site: LiveSite) -> None:
    page = httpx.get(f"{live_site.url}/accounts/login/").text
    sheet = re.search(r'href="(/static/css/site\.[0-9a-f]{12}\.css)"', page)
    assert sheet
    answer = httpx.get(live_site.url + sheet[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]


def test_modules_import_each_other_by_their_lasting_names(live_site: LiveSite) -> None:
    collected = live_site.data_dir / "static" / "js"
    main = next(
        path for path in collected.glob("main.*.js") if re.fullmatch(r"main\.[0-9a-f]{12}\.js", path.name)
    )
    imported = re.findall(r'import\s*(?:.*?from\s*)?["\']([^"\']+)["\']', main.read_text())
    assert imported
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imported), imported


def test_it_also_runs_under_plain_daphne(live_site: LiveSite) -> None:
    live_site.stop()
    daphne = [sys.executable, "-m", "daphne", "-p", str(live_site.port), "chatsite.asgi:application"]
    process = subprocess.Popen(
        daphne,
        cwd=PROJECT_DIR,
        env=live_site.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def is_ready() -> bool:
        try:
            return httpx.get(f"{live_site.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_until(is_ready, "Daphne serves the site")
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.services
def test_it_serves_on_postgresql_and_redis(make_site: MakeSite, postgres_url: str, redis_url: str) -> None:
    site = make_site(DATABASE_URL=postgres_url, REDIS_URL=redis_url, **ADMIN)
    answer = httpx.get(f"{site.url}/readyz")
    assert answer.json() == {"status": "ok", "database": True, "channel_layer": True}
    with site.signed_in("root") as root:
        assert root.get("/admin/").status_code == 200
    assert list(site.data_dir.glob("*.sqlite3")) == []


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("::", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("chat.local", "http://chat.local:8000"),
    ],
)
def test_the_printed_address_can_be_opened(host: str, address: str) -> None:
    assert address_for_people(host, 8000) == address


@pytest.mark.parametrize("says_its_length", [True, False])
def test_a_body_without_end_is_refused_while_it_comes(live_site: LiveSite, says_its_length: bool) -> None:
    """By its length, or when more has come than anybody may send."""
    with socket.create_connection(("127.0.0.1", live_site.port), timeout=20) as connection:
        head = "Content-Length: 300000000" if says_its_length else "Transfer-Encoding: chunked"
        connection.sendall(f"POST /attachments/ HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())
        piece = b"x" * 100_000
        sent = 0
        try:
            while not says_its_length and sent < 300_000_000:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                sent += len(piece)
        except ConnectionError:
            pass
        else:
            assert says_its_length, "everything was taken"
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert sent < 150_000_000
    with httpx.Client(base_url=live_site.url) as client:
        assert client.get("/healthz").status_code == 200


def test_a_large_file_is_asked_for_and_only_its_headers_come(live_site: LiveSite) -> None:
    """What follows on the same connection would else be read as the answer to the next request."""
    live_site.make_user("alice")
    words = b"words of a long text\n" * 40_000
    with live_site.signed_in("alice") as alice:
        headers = {"X-Requested-With": "XMLHttpRequest"}
        stored = alice.post("/attachments/", files={"file": ("long.txt", words)}, headers=headers)
        assert stored.status_code == 201
        named = re.search(r'data-attachment="([^"]+)"', stored.text)
        assert named
        address = f"/attachments/{named[1]}/"
        asked = alice.head(address)
        assert (asked.headers["content-length"], asked.content) == (str(len(words)), b"")
        assert alice.get("/healthz").status_code == 200
        assert alice.get(address).content == words
