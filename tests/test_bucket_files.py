"""A file in a bucket is read as one on disk, and no more of it is fetched than is read; the server is a real one."""

import io
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatsite.bucket_files import PIECE
from chatsite.object_storage import object_storage
from tests.servers.s3 import S3Server, running_s3

CONTENT = os.urandom(3 * PIECE + 17)
PLACES = st.integers(0, len(CONTENT) + 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 2 * PIECE)),
        st.tuples(st.just("seek"), PLACES, st.just(io.SEEK_SET)),
        st.tuples(st.just("seek"), st.integers(0, 1000), st.just(io.SEEK_CUR)),
        st.tuples(st.just("seek"), PLACES.map(lambda place: -min(place, len(CONTENT))), st.just(io.SEEK_END)),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture
def storage(s3: S3Server, settings: Any) -> Storage:
    made = object_storage(
        s3.bucket,
        endpoint_url=s3.endpoint_url,
        region="",
        access_key_id=s3.access_key_id,
        secret_access_key=s3.secret_access_key,
        prefix="",
    )
    settings.STORAGES = {**settings.STORAGES, "default": made}
    return default_storage


@pytest.fixture
def name(storage: Storage) -> str:
    return storage.save("long.bin", ContentFile(CONTENT))


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_it_reads_as_the_same_bytes_in_memory(
    storage: Storage, name: str, steps: list[tuple[Any, ...]]
) -> None:
    same = io.BytesIO(CONTENT)
    with storage.open(name) as file:
        for method, *arguments in steps:
            assert getattr(file, method)(*arguments) == getattr(same, method)(*arguments)
            assert file.tell() == same.tell()
        assert file.read() == same.read()
        assert file.size == len(CONTENT)


def test_the_end_is_read_without_the_beginning(s3: S3Server, storage: Storage, name: str) -> None:
    stored = s3.directory / name
    with storage.open(name) as file:
        file.seek(-10, io.SEEK_END)
        assert file.read() == CONTENT[-10:]
        # Nobody has read the beginning so far: what is there now is what comes.
        stored.write_bytes(bytes(10) + CONTENT[10:])
        file.seek(0)
        assert file.read(20) == bytes(10) + CONTENT[10:20]


def test_a_file_that_goes_while_it_is_read_fails_as_on_disk(storage: Storage, name: str) -> None:
    with storage.open(name) as file:
        assert file.read(5) == CONTENT[:5]
        storage.delete(name)
        with pytest.raises(OSError, match="NoSuchKey"):
            file.read()


def test_a_server_that_is_gone_fails_as_a_disk_does(s3: S3Server, settings: Any) -> None:
    made = object_storage(
        s3.bucket,
        endpoint_url="http://127.0.0.1:9",
        region="",
        access_key_id="key",
        secret_access_key="secret",
        prefix="",
    )
    settings.STORAGES = {**settings.STORAGES, "default": made}
    with pytest.raises(OSError, match="Could not connect"):
        default_storage.open("long.bin")


def test_a_file_that_was_closed_can_be_opened_again(storage: Storage, name: str) -> None:
    file = storage.open(name)
    assert file.read(4) == CONTENT[:4]
    assert file.open().read(4) == CONTENT[:4]
    file.close()
    assert file.closed
    with file.open() as again:
        assert b"".join(again.chunks()) == CONTENT
