"""Attachments whose files are in a bucket: all that can be done with them on disk can be done there; a real server."""

import base64
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from chatsite.object_storage import object_storage
from conversations.generation.spoken_segments import Segment, read_segments, remove_segments, save_segments
from conversations.models import Attachment, Message
from conversations.services import orphans
from conversations.services.conversations import remove_for_good
from tests.factories import make_conversation, make_endpoint
from tests.media import samples
from tests.servers.s3 import running_s3

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = samples.encoded(samples.picture((600, 400)))


@pytest.fixture(scope="module")
def s3():
    with running_s3() as server:
        yield server


@pytest.fixture(autouse=True)
def bucket(s3, settings, tmp_path):
    """The directory that has the site's objects in it; none at first. Nothing may come onto the site's own disk."""
    prefix = uuid4().hex
    storage = object_storage(
        s3.bucket,
        endpoint_url=s3.endpoint_url,
        region="",
        access_key_id=s3.access_key_id,
        secret_access_key=s3.secret_access_key,
        prefix=prefix,
    )
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    settings.MEDIA_ROOT = tmp_path / "media"
    yield s3.directory / prefix
    assert not settings.MEDIA_ROOT.exists()


def stored(bucket):
    return sorted(path.relative_to(bucket).as_posix() for path in bucket.rglob("*") if path.is_file())


@pytest.fixture
def upload():
    async def upload(client, content=PICTURE, name="cat.png", **fields):
        file = SimpleUploadedFile(name, content)
        response = await client.post("/attachments/", {"file": file, **fields})
        assert response.status_code == 200, response.content
        return await Attachment.objects.order_by("-created_at").afirst()

    return upload


async def body_of(response):
    return b"".join([piece async for piece in response.streaming_content])


async def test_an_upload_is_in_the_bucket_with_what_was_made_of_it(signed_in, upload, bucket):
    _alice, client = await signed_in()
    attachment = await upload(client)
    names = [file.name for file in attachment.files]
    assert stored(bucket) == sorted(names)
    assert (bucket / attachment.file.name).read_bytes() == PICTURE
    thumbnail = await client.get(f"/attachments/{attachment.pk}/thumbnail/")
    shown = Image.open(io.BytesIO(await body_of(thumbnail)))
    assert (thumbnail["Content-Type"], shown.format) == ("image/webp", "WEBP")
    assert int(thumbnail["Content-Length"]) == (bucket / attachment.thumbnail.name).stat().st_size


async def test_a_file_comes_out_whole_and_in_ranges(signed_in, upload):
    _alice, client = await signed_in()
    content = samples.wav(samples.tone(60))
    attachment = await upload(client, content, "long.wav")
    url = f"/attachments/{attachment.pk}/"
    whole = await client.get(url)
    assert (whole.status_code, whole["Content-Length"]) == (200, str(len(content)))
    assert await body_of(whole) == content
    assert await body_of(await client.get(f"{url}?download")) == content
    for asked, start, end in [
        ("bytes=10-19", 10, 20),
        ("bytes=-5", -5, None),
        ("bytes=2000000-", 2_000_000, None),
    ]:
        part = await client.get(url, headers={"Range": asked})
        assert (part.status_code, await body_of(part)) == (206, content[start:end])
    assert (await client.get(url, headers={"Range": f"bytes={len(content)}-"})).status_code == 416


async def test_a_document_is_shown_page_by_page(signed_in, upload):
    _alice, client = await signed_in()
    attachment = await upload(client, samples.pdf("One fish", "Two fish"), "fish.pdf")
    page = await client.get(f"/attachments/{attachment.pk}/pages/2/")
    content = b"".join([piece async for piece in page.streaming_content])
    assert Image.open(io.BytesIO(content)).format == "WEBP"


@pytest.fixture
def dump(replay_server, made):
    """An endpoint that answers with the request that it was sent, and a conversation with it."""

    async def make(user):
        endpoint = await made(make_endpoint, f"{replay_server.url}/v1", name="Replay")
        return await made(make_conversation, user, endpoint=endpoint, model="live-dump", title_source="user")

    return make


async def ask(client, process, conversation, attachment):
    """Send the file alone; the answer, when it is complete."""
    response = await client.post(
        f"/c/{conversation.pk}/messages/", {"text": "", "attachment": [str(attachment.pk)]}
    )
    assert response.status_code == 302, response.content
    answer = await Message.objects.filter(conversation=conversation, role="assistant").order_by("id").alast()
    await process.runner.wait(answer.generation_id)
    return answer


async def test_models_are_sent_what_the_bucket_has(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    # Larger than a piece that is read at once.
    spoken = samples.wav(samples.tone(50))
    answer = await ask(client, process, conversation, await upload(client, spoken, "note.wav"))
    part = await answer.parts.filter(kind="text").afirst()
    (sent,) = json.loads(part.text)["messages"][0]["content"]
    assert sent["input_audio"] == {"data": base64.b64encode(spoken).decode(), "format": "wav"}


async def test_an_answer_says_so_when_its_file_is_no_longer_in_the_bucket(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    attachment = await upload(client)
    await sync_to_async(attachment.sent_file.storage.delete)(attachment.sent_file.name)
    answer = await ask(client, process, conversation, attachment)
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert "cat.png cannot be read any more" in page
    assert not await answer.parts.filter(kind="text").aexists()


async def test_what_is_taken_out_or_deleted_leaves_no_object_behind(signed_in, upload, process, dump, bucket):
    alice, client = await signed_in()
    discarded = await upload(client)
    await client.post(f"/attachments/{discarded.pk}/discard/")
    assert stored(bucket) == []
    conversation = await dump(alice)
    await ask(client, process, conversation, await upload(client))
    await upload(client, conversation=str(conversation.pk))
    assert len(stored(bucket)) >= 4
    await sync_to_async(remove_for_good)(conversation.pk)
    assert stored(bucket) == []


def test_speech_that_is_still_coming_is_kept_there_too(bucket, alice):
    pk = make_conversation(alice).pk
    assert read_segments(pk) == {}
    save_segments([Segment(pk, 0, 0, 0, b"spo"), Segment(pk, 0, 0, 3, b"ken")])
    assert read_segments(pk) == {(0, 0): b"spoken"}
    remove_segments(pk)
    assert stored(bucket) == []


async def test_orphans_are_found_where_folders_are_not(signed_in, upload, bucket, monkeypatch):
    assert await sync_to_async(orphans.find_orphans)() == orphans.Orphans([], [], [])
    _alice, client = await signed_in()
    attachment, lost = await upload(client), await upload(client)
    await sync_to_async(default_storage.delete)(lost.file.name)
    stray = await sync_to_async(default_storage.save)("attachments/ab/stray/a.png", io.BytesIO(PICTURE))
    new = await sync_to_async(orphans.find_orphans)()
    assert (new.files, new.lost) == ([], [lost.pk])
    # Nobody can make an object of a bucket older than it is.
    monkeypatch.setattr(orphans.timezone, "now", lambda: datetime.now(UTC) + timedelta(days=2))
    found = await sync_to_async(orphans.find_orphans)()
    assert (found.files, found.forgotten, found.lost) == ([stray], [], [lost.pk])
    await sync_to_async(orphans.remove_orphans)(found)
    assert set(stored(bucket)) >= {file.name for file in attachment.files}
    assert not (bucket / stray).exists()
