"""Pictures and sounds of an answer become files, whatever becomes of the answer; the next request knows them."""

import asyncio
import base64
import json
import time

import pytest
from asgiref.sync import sync_to_async

from conversations.generation.reaper import reap
from conversations.models import Attachment, Checkpoint, Completion, Conversation, Generation, Part
from conversations.services.conversations import remove_for_good
from tests.factories import ask
from tests.generation.conftest import Page
from tests.generation.test_runner import finished, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


async def content_of(attachment):
    def read():
        with attachment.file.open("rb") as file:
            return file.read()

    return await sync_to_async(read)()


async def request_after(process, run):
    """The messages of the request that the next message makes."""
    conversation = await sync_to_async(conversation_of)(run)
    conversation.model = "live-dump"
    await conversation.asave()
    turn = await sync_to_async(ask)(conversation, "And now?", process=process.address)
    following = process.begin(turn)
    await finished(process, following)
    part = await Part.objects.filter(message_id=turn.answer_id, kind="text").afirst()
    return json.loads(part.text)["messages"]


def conversation_of(run):
    return Conversation.objects.select_related("endpoint").get(pk=run.conversation_id)


async def test_a_picture_of_an_answer_becomes_a_file_of_its_owner(process, start, answers):
    run = await start("100-images-stream")
    page = Page()
    run.attach(page)
    await finished(process, run)
    (answer,) = await answers(run)
    pictures = [part for part in answer.parts.all() if part.kind == "image"]
    assert [part.attachment.kind for part in pictures if part.attachment] == ["image"]
    kept = next(part.attachment for part in pictures if part.attachment)
    assert (await content_of(kept)).startswith(b"\x89PNG")
    assert not kept.is_waiting
    assert any(f"/attachments/{kept.pk}/" in frame for frame in page.frames)
    assert not any(";base64," in frame for frame in page.frames)
    assert ";base64," not in json.dumps([part.data for part in answer.parts.all()])


async def test_the_next_request_shows_the_model_its_picture(process, start):
    run = await start("100-images-stream")
    await finished(process, run)
    messages = await request_after(process, run)
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    kinds = [part["type"] for part in messages[-1]["content"]]
    assert "image_url" in kinds
    picture = next(part for part in messages[-1]["content"] if part["type"] == "image_url")
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")


async def test_a_spoken_answer_becomes_a_sound_with_its_transcript(process, start, answers):
    run = await start("097-audio-stream;delay=100")
    page = Page()
    run.attach(page)
    await finished(process, run)
    (answer,) = await answers(run)
    (part,) = answer.parts.all()
    content = await content_of(part.attachment)
    assert (part.kind, part.text, part.attachment.media_type) == ("audio", "Hello.", "audio/wav")
    assert content[:4] == b"RIFF"
    assert content[44:] == base64.b64decode("AAECAwQFBgcICQ==")
    assert part.data["id"] == "audio_68f1"
    assert f"/messages/{answer.pk}/sound/0/" in "".join(page.frames)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_spoken_answer_is_named_to_its_endpoint_until_it_expires(process, start, is_known):
    run = await start("097-audio-stream")
    await finished(process, run)
    part = await Part.objects.aget(kind="audio")
    part.data = {**part.data, "expires_at": int(time.time()) + (3600 if is_known else 30)}
    await part.asave()
    messages = await request_after(process, run)
    expected = {"audio": {"id": "audio_68f1"}} if is_known else {"content": "Hello."}
    assert messages[1] == {"role": "assistant", **expected}
    if is_known:
        completion = await Completion.objects.aget(messages__parts__kind="audio")
        completion.endpoint = None
        await completion.asave()
        assert (await request_after(process, run))[1] == {"role": "assistant", "content": "Hello."}


async def test_a_whole_answer_in_sound_is_kept_as_it_came(process, start, answers):
    run = await start("099-audio-nonstream", parameters={"stream": False})
    await finished(process, run)
    (answer,) = await answers(run)
    (part,) = [part for part in answer.parts.all() if part.kind == "audio"]
    assert part.attachment is not None
    assert part.text


async def test_an_answer_that_is_stopped_keeps_the_sound_so_far(process, start, answers):
    run = await start("097-audio-stream;delay=300;hang=1")
    await until(lambda: run.has_files)
    run.stop()
    await finished(process, run)
    (answer,) = await answers(run)
    assert answer.status == "stopped"
    assert answer.parts.all()[0].attachment.kind == "audio"


async def test_files_go_with_their_conversation(process, start, media):
    run = await start("100-images-stream")
    await finished(process, run)
    assert any(path.is_file() for path in media.rglob("*"))
    await sync_to_async(remove_for_good)(run.conversation_id)
    assert not await Attachment.objects.aexists()
    assert not any(path.is_file() for path in media.rglob("*"))


async def test_a_killed_server_keeps_what_was_spoken_until_then(process, start, answers, media):
    run = await start("097-audio-stream;delay=700")
    await until(lambda: any(media.rglob("growing/*/*")))
    await until_kept(run)
    generation = await Generation.objects.aget(pk=run.generation_id)
    assert await sync_to_async(reap)(generation)
    (answer,) = await answers(run)
    (part,) = answer.parts.all()
    content = await content_of(part.attachment)
    assert (answer.status, content[:4]) == ("interrupted", b"RIFF")
    assert base64.b64decode("AAECAwQFBgcICQ==").startswith(content[44:])
    assert len(content) > 44
    assert not any(path.is_file() for path in media.rglob("growing/*/*"))
    assert "audio_bytes" not in json.dumps([part.data])


async def until_kept(run):
    async with asyncio.timeout(20):
        while not await Checkpoint.objects.filter(generation=run.generation_id).aexists():
            await asyncio.sleep(0.05)
