"""Files in a bucket behave as files on disk do, and can be had with the key only; the server is a real one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage

from chatsite.object_storage import object_storage
from tests.servers.environment import clean_environment
from tests.servers.s3 import S3Server, running_s3
from tests.servers.site import PROJECT_DIR

LARGE = os.urandom(1 << 20) * 12


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


def storage_at(server: S3Server, **changes: str) -> dict[str, Any]:
    values = {
        "endpoint_url": server.endpoint_url,
        "region": "",
        "access_key_id": server.access_key_id,
        "secret_access_key": server.secret_access_key,
        "prefix": "",
    }
    made = object_storage(server.bucket, **values | changes)
    assert made is not None
    return made


@pytest.fixture
def storage(s3: S3Server, settings: Any) -> Storage:
    """The site's default storage, in a bucket."""
    settings.STORAGES = {**settings.STORAGES, "default": storage_at(s3)}
    return default_storage


@pytest.mark.parametrize(
    "name",
    [
        "plain.txt",
        "deep/er/file.png",
        "Ä ö #?&%+ 'q\" 漢字 $;=,~(1)[x]{}!@.png",
        "100%41.txt",
        "🙂.bin",
        "archive.tar.gz",
        "no ending ",
    ],
)
def test_a_file_comes_back_under_its_name(storage: Storage, name: str) -> None:
    assert storage.save(name, ContentFile(b"hello")) == name
    assert storage.exists(name)
    assert storage.size(name) == 5
    with storage.open(name) as file:
        assert file.read() == b"hello"
    storage.delete(name)
    assert not storage.exists(name)


def test_an_empty_file_is_a_file(storage: Storage) -> None:
    name = storage.save("empty.txt", ContentFile(b""))
    assert storage.size(name) == 0
    with storage.open(name) as file:
        assert file.read() == b""


def test_a_large_file_is_written_and_read_in_pieces(storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(LARGE)
    with path.open("rb") as source:
        name = storage.save("large.bin", File(source))
    assert storage.size(name) == len(LARGE)
    with storage.open(name) as file:
        pieces = list(file.chunks(1 << 16))
        file.seek(-3, os.SEEK_END)
        end = file.read()
    assert max(len(piece) for piece in pieces) == 1 << 16
    assert b"".join(pieces) == LARGE
    assert end == LARGE[-3:]


def test_a_file_may_be_written_piece_by_piece(storage: Storage) -> None:
    with storage.open("pieces.bin", "wb") as file:
        for start in range(0, len(LARGE), 1 << 20):
            file.write(LARGE[start : start + (1 << 20)])
    with storage.open("pieces.bin") as file:
        assert file.read() == LARGE


def test_a_file_is_never_overwritten(storage: Storage) -> None:
    first = storage.save("same.txt", ContentFile(b"first"))
    second = storage.save("same.txt", ContentFile(b"second"))
    assert first != second
    with storage.open(first) as file:
        assert file.read() == b"first"


def test_a_missing_file_is_missing_as_on_disk(storage: Storage) -> None:
    assert not storage.exists("missing.txt")
    with pytest.raises(FileNotFoundError):
        storage.open("missing.txt")
    with pytest.raises(FileNotFoundError):
        storage.size("missing.txt")
    storage.delete("missing.txt")


def test_a_name_does_not_leave_the_prefix(s3: S3Server, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": storage_at(s3, prefix="/chat/files/")}
    assert default_storage.save("a/note.txt", ContentFile(b"x")) == "a/note.txt"
    assert (s3.directory / "chat" / "files" / "a" / "note.txt").read_bytes() == b"x"
    with pytest.raises(SuspiciousFileOperation):
        default_storage.save("../outside.txt", ContentFile(b"x"))


def test_a_file_can_be_had_with_the_key_only(s3: S3Server, storage: Storage) -> None:
    name = storage.save("private.txt", ContentFile(b"secret"))
    bare = f"{s3.endpoint_url}/{s3.bucket}/{name}"
    assert httpx.get(bare, trust_env=False).is_client_error
    signed = httpx.URL(storage.url(name))
    assert str(signed.copy_with(query=None)) == bare
    assert int(signed.params["X-Amz-Expires"]) <= 300
    assert httpx.get(signed, trust_env=False).content == b"secret"


def test_a_wrong_key_is_an_error_and_no_missing_file(s3: S3Server, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": storage_at(s3, secret_access_key="wrong")}
    with pytest.raises(OSError, match="Forbidden"):
        default_storage.exists("plain.txt")


def test_the_environment_leads_to_the_bucket(s3: S3Server, tmp_path: Path) -> None:
    script = (
        "from django.core.files.storage import default_storage as files;"
        "from django.core.files.base import ContentFile;"
        "print(files.save('from the site.txt', ContentFile(b'kept')))"
    )
    own = {"CHATSITE_DATA_DIR": str(tmp_path), "CHATSITE_ENV_FILE": "/dev/null"}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script],
        cwd=PROJECT_DIR,
        env=clean_environment() | own | s3.environment | {"S3_PREFIX": "site", "S3_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "from the site.txt", done.stderr
    assert (s3.directory / "site" / "from the site.txt").read_bytes() == b"kept"
