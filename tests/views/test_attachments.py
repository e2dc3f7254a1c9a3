"""Files beside a message: taken in, described, sent, looked at, taken out again; and nobody else's business."""

import asyncio
import base64
import json
import re
from io import BytesIO

import pytest
from asgiref.sync import sync_to_async
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from conversations.generation.spoken_segments import Segment, save_segments
from conversations.models import Attachment, Completion, Conversation, Generation, Message, OfferedModel, Part
from conversations.services.conversations import delete_conversation, remove_for_good
from tests.factories import ask, make_conversation, make_endpoint
from tests.media import samples

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def upload():
    async def upload(client, content=None, name="cat.png", **fields):
        file = SimpleUploadedFile(name, samples.encoded(samples.picture()) if content is None else content)
        return await client.post("/attachments/", {"file": file, **fields}, headers=SCRIPT)

    return upload


async def the_attachment():
    return await Attachment.objects.order_by("-created_at").afirst()


async def body_of(response):
    return b"".join([piece async for piece in response.streaming_content])


@pytest.fixture
def dump(replay_server, made):
    """An endpoint that answers with the request that it was sent, and a conversation with it."""

    async def make(user, **fields):
        endpoint = await made(make_endpoint, f"{replay_server.url}/v1", name="Replay", **fields)
        return await made(make_conversation, user, endpoint=endpoint, model="live-dump", title_source="user")

    return make


async def send(client, process, conversation, text, *attachments):
    data = {"text": text, "attachment": [str(one.pk) for one in attachments]}
    response = await client.post(f"/c/{conversation.pk}/messages/", data, headers={"HX-Request": "true"})
    assert response.status_code == 204, response.content
    return await answered(process, conversation)


async def answered(process, conversation):
    """The messages that the endpoint was sent for the newest answer."""
    answer = await Message.objects.filter(conversation=conversation, role="assistant").order_by("id").alast()
    await process.runner.wait(answer.generation_id)
    await answer.arefresh_from_db()
    part = await answer.parts.filter(kind="text").afirst()
    return json.loads(part.text)["messages"], answer


async def test_a_picture_is_taken_in_and_shown_in_the_tray_until_it_is_sent(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    response = await upload(client, conversation=str(conversation.pk))
    assert response.status_code == 201
    attachment = await the_attachment()
    assert (attachment.kind, attachment.media_type, attachment.name) == ("image", "image/png", "cat.png")
    assert f'value="{attachment.pk}"' in response.text
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert f'data-attachment="{attachment.pk}"' in page
    assert f'data-attachment="{attachment.pk}"' not in (await client.get("/")).text
    messages, _ = await send(client, process, conversation, "What is it?", attachment)
    picture, words = messages[0]["content"]
    head, _, encoded = picture["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(encoded) == samples.encoded(samples.picture())
    assert words == {"type": "text", "text": "What is it?"}
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert f'data-attachment="{attachment.pk}"' not in page
    assert f'href="/attachments/{attachment.pk}/" data-lightbox' in page


async def test_a_new_conversation_begins_with_its_files_and_is_named_by_them(signed_in, upload, process):
    _alice, client = await signed_in()
    await upload(client)
    attachment = await the_attachment()
    response = await client.post("/", {"text": "", "attachment": [str(attachment.pk)]})
    assert response.status_code == 302
    conversation = await Conversation.objects.aget()
    assert conversation.title == "cat.png"
    assert await Part.objects.filter(kind="image", attachment=attachment).aexists()
    assert not await Part.objects.filter(message__role="user", kind="text").aexists()
    for run in process.runner.of_conversation(conversation.pk):
        await process.runner.wait(run.generation_id)


async def test_without_a_script_a_file_is_taken_and_the_page_comes_again_with_what_was_typed(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    for named in ({}, {"conversation": str(conversation.pk)}):
        file = SimpleUploadedFile("cat.png", samples.encoded(samples.picture()))
        response = await client.post("/attachments/", {"file": file, "text": "Half a sent", **named})
        assert response.status_code == 200
        assert "cat.png" in response.text
        assert ">Half a sent</textarea>" in response.text


@pytest.mark.parametrize(
    ("content", "name", "status", "words"),
    [
        (b"", "empty.png", 422, "empty"),
        (samples.png_of_size(60_000, 60_000), "bomb.png", 422, "too many pixels"),
        (samples.encoded(samples.picture())[:200], "cut.png", 422, "damaged"),
        (b"MZ" + b"\0" * 2000, "setup.png", 422, "program"),
        (samples.zipped(a=b"x"), "a.zip", 422, "archive"),
        (bytes(range(256)) * 20, "noise.bin", 422, "not taken"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_words(signed_in, upload, content, name, status, words):
    _alice, client = await signed_in()
    response = await upload(client, content, name)
    assert response.status_code == status
    assert words in response.text
    assert not await Attachment.objects.aexists()


async def test_larger_files_than_the_site_takes_are_refused(signed_in, upload, settings):
    settings.MAX_FILE_BYTES = 1000
    _alice, client = await signed_in()
    response = await upload(client, b"words " * 200, "long.txt")
    assert (response.status_code, "too large" in response.text) == (413, True)


async def test_nobody_has_more_space_than_the_quota(signed_in, upload, settings, media):
    settings.FILE_QUOTA_BYTES = 3000
    alice, client = await signed_in()
    assert (await upload(client, b"words " * 200, "one.txt")).status_code == 201
    response = await upload(client, b"words " * 200, "two.txt")
    assert (response.status_code, "no space left" in response.text) == (413, True)
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1
    _bob, bobs_client = await signed_in("bob")
    assert (await upload(bobs_client, b"words " * 200, "two.txt")).status_code == 201
    # What has been deleted does not count, though it can be brought back.
    conversation = await sync_to_async(make_conversation)(alice)
    message = await Message.objects.acreate(conversation=conversation, role="user")
    one = await Attachment.objects.aget(owner=alice)
    await Part.objects.acreate(message=message, index=0, kind="file", attachment=one)
    await Attachment.objects.filter(pk=one.pk).aupdate(is_waiting=False)
    assert (await upload(client, b"words " * 200, "two.txt")).status_code == 413
    await sync_to_async(delete_conversation)(conversation)
    assert (await upload(client, b"words " * 200, "two.txt")).status_code == 201


async def test_a_name_is_shown_and_never_obeyed(signed_in, upload, media):
    _alice, client = await signed_in()
    name = '../../<script>alert(1)</script>"\u202egnp.html'
    response = await upload(client, name=name)
    assert response.status_code == 201
    assert "<script>alert" not in response.text
    attachment = await the_attachment()
    assert re.fullmatch(r"attachments/../[0-9a-f]{32}/original\.png", attachment.file.name)
    assert not {"/", "\\", "\u202e"} & set(attachment.name)
    served = await client.get(f"/attachments/{attachment.pk}/?download")
    assert served["Content-Disposition"].startswith("attachment; filename=")


async def test_a_picture_is_sent_upright_small_and_without_what_it_tells_of_its_place(
    signed_in, upload, process, dump, settings
):
    settings.IMAGE_SIDE = 100
    alice, client = await signed_in()
    conversation = await dump(alice)
    picture = samples.photograph((400, 200))
    exif = picture.getexif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    original = samples.encoded(picture, "JPEG", exif=exif)
    await upload(client, original, "photo.jpg", conversation=str(conversation.pk))
    attachment = await the_attachment()
    assert (attachment.facts["width"], attachment.facts["height"]) == (200, 400)
    messages, _ = await send(client, process, conversation, "Look", attachment)
    sent = base64.b64decode(messages[0]["content"][0]["image_url"]["url"].partition(",")[2])
    assert len(sent) < len(original)
    assert b"Exif" not in sent
    assert Image.open(BytesIO(sent)).size == (50, 100)
    kept = await body_of(await client.get(f"/attachments/{attachment.pk}/?download"))
    assert kept == original


async def test_the_detail_and_the_description_are_the_senders(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client, conversation=str(conversation.pk))
    attachment = await the_attachment()
    form = {"alt": "A cat\non a wall", "detail": "low"}
    response = await client.post(f"/attachments/{attachment.pk}/describe/", form)
    assert 'alt="A cat on a wall"' in response.text
    messages, _ = await send(client, process, conversation, "", attachment)
    (picture,) = messages[0]["content"]
    assert picture["image_url"]["detail"] == "low"
    assert 'alt="A cat on a wall"' in (await client.get(f"/c/{conversation.pk}/")).text
    assert (await client.post(f"/attachments/{attachment.pk}/describe/", form)).status_code == 404


async def test_a_document_is_sent_as_its_text_which_can_be_changed_before(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    response = await upload(client, samples.pdf("One fish", "Two fish"), "fish.pdf")
    assert "Sent as text" in response.text
    attachment = await the_attachment()
    form = (await client.get(f"/attachments/{attachment.pk}/describe/")).text
    assert "[Page 2]" in form
    assert "Two fish" in form
    await client.post(f"/attachments/{attachment.pk}/describe/", {"text": "Only one <fish>"})
    messages, _ = await send(client, process, conversation, "Count", attachment)
    assert messages == [
        {
            "role": "user",
            "content": '<file name="fish.pdf" pages="2">\nOnly one <fish>\n</file>\n\nCount',
        }
    ]


async def test_a_document_is_sent_as_it_is_where_the_endpoint_takes_it(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice, takes_files="pdf")
    content = samples.pdf("One fish")
    response = await upload(client, content, "fish.pdf", conversation=str(conversation.pk))
    assert "Sent as the file" in response.text
    messages, _ = await send(client, process, conversation, "", await the_attachment())
    assert messages[0]["content"] == [
        {
            "type": "file",
            "file": {
                "filename": "fish.pdf",
                "file_data": "data:application/pdf;base64," + base64.b64encode(content).decode(),
            },
        }
    ]


async def test_keeping_what_was_not_changed_changes_nothing(signed_in, upload, dump):
    alice, client = await signed_in()
    conversation = await dump(alice, takes_files="pdf")
    await upload(client, samples.pdf("One fish"), "fish.pdf", conversation=str(conversation.pk))
    attachment = await the_attachment()
    await attachment.arefresh_from_db()
    form = {"sent_as": "", "text": attachment.text.replace("\n", "\r\n") + "\r\n"}
    response = await client.post(f"/attachments/{attachment.pk}/describe/", form)
    assert "Sent as the file" in response.text
    form = {"sent_as": "file", "text": "Other words"}
    response = await client.post(f"/attachments/{attachment.pk}/describe/", form)
    assert "Sent as text" in response.text
    form = {"text": "x" * 1_000_001}
    response = await client.post(f"/attachments/{attachment.pk}/describe/", form, headers=SCRIPT)
    assert response.status_code == 413


async def test_how_a_document_is_sent_is_the_senders_choice(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice, takes_files="pdf")
    await upload(client, samples.pdf("One fish"), "fish.pdf", conversation=str(conversation.pk))
    attachment = await the_attachment()
    response = await client.post(f"/attachments/{attachment.pk}/describe/", {"sent_as": "text"})
    assert "Sent as text" in response.text
    messages, _ = await send(client, process, conversation, "", attachment)
    assert "One fish" in messages[0]["content"]


async def test_sound_is_sent_as_wav_or_mp3(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    spoken = samples.wav(samples.tone(0.5))
    await upload(client, spoken, "note.wav")
    first = await the_attachment()
    await upload(client, samples.sound("ogg", "libopus"), "note.ogg")
    messages, _ = await send(client, process, conversation, "", first, await the_attachment())
    one, two = (part["input_audio"] for part in messages[0]["content"])
    assert one == {"data": base64.b64encode(spoken).decode(), "format": "wav"}
    assert two["format"] == "wav"
    assert base64.b64decode(two["data"]).startswith(b"RIFF")


async def test_what_a_model_cannot_read_is_left_out_and_both_are_told(signed_in, upload, process, dump, made):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await made(
        OfferedModel.objects.create,
        endpoint=conversation.endpoint,
        name="live-dump",
        profile={"images": {"state": "no"}},
    )
    response = await upload(client, conversation=str(conversation.pk))
    assert "this model takes no pictures" in response.text
    messages, _answer = await send(client, process, conversation, "What is it?", await the_attachment())
    assert "cat.png" in messages[0]["content"]
    assert "left out" in messages[0]["content"]
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert "The model was not given: cat.png" in page


async def test_a_model_that_refuses_pictures_is_asked_without_them_from_then_on(
    signed_in, upload, process, made, replay_server
):
    alice, client = await signed_in()
    endpoint = await made(make_endpoint, f"{replay_server.url}/v1", name="Replay")
    conversation = await made(
        make_conversation, alice, endpoint=endpoint, model="012-llamacpp-400", title_source="user"
    )
    await upload(client)
    data = {"text": "What is it?", "attachment": [str((await the_attachment()).pk)]}
    await client.post(f"/c/{conversation.pk}/messages/", data, headers={"HX-Request": "true"})
    answer = await Message.objects.aget(role="assistant")
    await process.runner.wait(answer.generation_id)
    completion = await Completion.objects.aget()
    completion.error_kind, completion.refused = "server_error", "image_url"
    await completion.asave()
    page = (await client.get(f"/c/{conversation.pk}/")).text
    assert "Send without the pictures" in page
    url = f"/c/{conversation.pk}/messages/{answer.pk}/retry/"
    await client.post(url, {"without": "image_url"}, headers={"HX-Request": "true"})
    again = await Message.objects.filter(role="assistant").order_by("id").alast()
    await process.runner.wait(again.generation_id)
    assert (await Completion.objects.aget(messages=again)).left_out == [
        {"name": "cat.png", "reason": "unreadable"}
    ]
    # Nobody else's conversation, and none with another model, is asked without.
    other = await made(make_conversation, alice, endpoint=endpoint, model=conversation.model)
    assert "takes no pictures" not in (await upload(client, conversation=str(other.pk))).text
    assert "takes no pictures" in (await upload(client, conversation=str(conversation.pk))).text
    await client.post(f"/c/{conversation.pk}/model/", {"model": "replay::live-echo"})
    assert "takes no pictures" not in (await upload(client, conversation=str(conversation.pk))).text


async def test_limits_of_an_endpoint_leave_out_the_oldest(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice, most_pictures=1)
    for name in ("one.png", "two.png"):
        await upload(client, name=name)
        messages, _answer = await send(client, process, conversation, name, await the_attachment())
    first, last = messages[0]["content"], messages[-1]["content"]
    assert "“one.png”" in first
    assert last[0]["type"] == "image_url"
    assert "two.png" not in (await client.get(f"/c/{conversation.pk}/")).text.partition("not given")[2][:60]


async def test_an_endpoint_that_fetches_is_given_links(signed_in, upload, process, dump, settings):
    settings.PUBLIC_URL = "https://chat.example.com"
    alice, client = await signed_in()
    conversation = await dump(alice, gives_links=True)
    await upload(client)
    messages, _answer = await send(client, process, conversation, "", await the_attachment())
    link = messages[0]["content"][0]["image_url"]["url"]
    assert link.startswith("https://chat.example.com/attachments/shared/")
    await client.alogout()
    fetched = await client.get(link.removeprefix("https://chat.example.com"))
    assert await body_of(fetched) == samples.encoded(samples.picture())
    assert (await client.get("/attachments/shared/forged/")).status_code == 404


async def test_the_raw_view_names_files_and_shows_neither_bytes_nor_links(
    signed_in, upload, process, dump, settings
):
    settings.PUBLIC_URL = "https://chat.example.com"
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client)
    _messages, answer = await send(client, process, conversation, "", await the_attachment())
    raw = re.sub(r"<[^>]*>", "", (await client.get(f"/c/{conversation.pk}/messages/{answer.pk}/raw/")).text)
    request = raw.partition("Answer")[0]
    assert "bytes of cat.png" in request
    encoded = base64.b64encode(samples.encoded(samples.picture())).decode()
    assert encoded[:60] not in request.partition("temperature")[0].partition('"stream"')[0]
    rows = [row async for row in Part.objects.values_list("data", "text")]
    assert encoded[:60] not in json.dumps([data for data, _ in rows])


async def test_an_edited_message_keeps_its_files(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client)
    await send(client, process, conversation, "What?", await the_attachment())
    asked = await Message.objects.filter(role="user").afirst()
    response = await client.post(f"/c/{conversation.pk}/messages/{asked.pk}/edit/", {"text": "Which?"})
    assert response.status_code in (204, 302)
    messages, _ = await answered(process, conversation)
    assert [part["type"] for part in messages[0]["content"]] == ["image_url", "text"]
    assert messages[0]["content"][1]["text"] == "Which?"


async def test_a_file_is_sent_once_and_only_by_its_owner(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client)
    attachment = await the_attachment()
    bob, bobs_client = await signed_in("bob")
    others = await sync_to_async(make_conversation)(bob, endpoint=conversation.endpoint, model="live-dump")
    path = "messages/"
    data = {"text": "Mine", "attachment": [str(attachment.pk)]}
    htmx = {"HX-Request": "true"}
    refused = await bobs_client.post(f"/c/{others.pk}/{path}", data, headers=htmx)
    assert (refused.status_code, "no longer there" in refused.text) == (409, True)
    await send(client, process, conversation, "", attachment)
    refused = await client.post(f"/c/{conversation.pk}/{path}", data, headers=htmx)
    assert refused.status_code == 409
    assert await Message.objects.filter(role="user").acount() == 1


async def test_strangers_see_no_file(signed_in, upload, process, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client)
    waiting = await the_attachment()
    _bob, bobs_client = await signed_in("bob")
    paths = ["", "thumbnail/", "preview/", "describe/", "pages/1/"]
    for is_sent in (False, True):
        if is_sent:
            await send(client, process, conversation, "", waiting)
        for path in paths:
            assert (await bobs_client.get(f"/attachments/{waiting.pk}/{path}")).status_code == 404
        assert (await bobs_client.post(f"/attachments/{waiting.pk}/discard/")).status_code == 404
        assert (await client.get(f"/attachments/{waiting.pk}/")).status_code == 200
    await sync_to_async(delete_conversation)(conversation)
    assert (await client.get(f"/attachments/{waiting.pk}/")).status_code == 404


async def test_a_file_is_served_in_ranges_and_as_nothing_that_runs(signed_in, upload):
    _alice, client = await signed_in()
    content = samples.wav(samples.tone(0.5))
    await upload(client, content, "note.wav")
    url = f"/attachments/{(await the_attachment()).pk}/"
    whole = await client.get(url)
    assert (whole["Content-Type"], whole["Accept-Ranges"]) == ("audio/wav", "bytes")
    assert whole["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert await body_of(whole) == content
    for asked, start, end in [("bytes=10-19", 10, 20), ("bytes=-5", -5, None), ("bytes=100-", 100, None)]:
        part = await client.get(url, headers={"Range": asked})
        assert (part.status_code, await body_of(part)) == (206, content[start:end])
    beyond = await client.get(url, headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(content)}")
    assert (await client.get(url, headers={"If-None-Match": f'"x", {whole["ETag"]}'})).status_code == 304
    head = await client.head(url)
    assert (head["Content-Length"], head.content) == (str(len(content)), b"")
    odd = await client.get(url, headers={"Range": "bytes=0-" + "9" * 5000})
    assert (odd.status_code, await body_of(odd)) == (200, content)


async def test_only_sound_is_served_as_sound(signed_in, process, made, replay_server):
    alice, client = await signed_in()
    endpoint = await made(make_endpoint, f"{replay_server.url}/v1", name="Replay")
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="live-count;delay=20")
    await client.post(f"/c/{conversation.pk}/messages/", {"text": "Count"}, headers={"HX-Request": "true"})
    answer = await Message.objects.aget(role="assistant")
    run = process.runner.find(answer.generation_id)
    async with asyncio.timeout(20):
        while not run.has_content:
            await asyncio.sleep(0.01)
    assert (await client.get(f"/c/{conversation.pk}/messages/{answer.pk}/sound/0/")).status_code == 404
    run.stop()
    await process.runner.wait(run.generation_id)
    assert (await client.get(f"/c/{conversation.pk}/messages/{answer.pk}/sound/0/")).status_code == 404


async def test_speech_of_another_process_is_heard_as_that_one_keeps_it(signed_in, process, made):
    alice, client = await signed_in()
    await client.get("/")  # this process is ready, and takes no other for dead any more
    conversation = await made(make_conversation, alice, model="m")
    turn = await made(ask, conversation, process="another")
    keep = sync_to_async(save_segments)
    await keep([Segment(turn.generation_id, 0, 0, 0, b"\x01\x00" * 10)])
    url = f"/c/{conversation.pk}/messages/{turn.answer_id}/sound/0/"
    heard = (await client.get(url)).streaming_content.__aiter__()
    assert (await anext(heard))[:4] == b"RIFF"
    assert await anext(heard) == b"\x01\x00" * 10
    await keep([Segment(turn.generation_id, 0, 0, 20, b"\x02\x00")])
    assert await anext(heard) == b"\x02\x00"
    await Generation.objects.filter(pk=turn.generation_id).aupdate(status="complete")
    assert [piece async for piece in heard] == []
    # It is another person's as little as all else.
    _bob, bobs_client = await signed_in("bob")
    assert (await bobs_client.get(url)).status_code == 404


async def test_a_file_that_is_gone_is_not_found(signed_in, upload):
    _alice, client = await signed_in()
    await upload(client)
    attachment = await the_attachment()
    await sync_to_async(default_storage.delete)(attachment.file.name)
    assert (await client.get(f"/attachments/{attachment.pk}/")).status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "logo.svg"),
        (b"<!doctype html><script>alert(1)</script>", "page.html"),
        (samples.pdf("One"), "one.pdf"),
    ],
)
async def test_what_could_run_is_only_ever_a_download(signed_in, upload, content, name):
    _alice, client = await signed_in()
    assert (await upload(client, content, name)).status_code == 201
    attachment = await the_attachment()
    served = await client.get(f"/attachments/{attachment.pk}/")
    assert served["Content-Type"] == "application/octet-stream"
    assert served["Content-Disposition"].startswith("attachment;")
    url = f"/attachments/{attachment.pk}/preview/"
    preview = (await client.get(url, headers={"HX-Request": "true"})).text
    assert "<script" not in preview


async def test_pages_of_a_document_are_shown_as_pictures(signed_in, upload):
    _alice, client = await signed_in()
    await upload(client, samples.pdf("One", "Two"), "two.pdf")
    attachment = await the_attachment()
    preview = (await client.get(f"/attachments/{attachment.pk}/preview/")).text
    pages = re.findall(r'src="([^"]*/pages/\d+/)"', preview)
    assert len(pages) == 2
    for _ in range(2):
        page = await client.get(pages[1])
        assert (page["Content-Type"], (await body_of(page))[8:12]) == ("image/webp", b"WEBP")
    assert (await client.get(pages[1].replace("/2/", "/3/"))).status_code == 404


async def test_a_preview_is_a_page_of_its_own_for_who_has_no_script(signed_in, upload):
    _alice, client = await signed_in()
    await upload(client, b"Words", "words.txt")
    url = f"/attachments/{(await the_attachment()).pk}/preview/"
    assert "<html" in (await client.get(url)).text
    assert "<html" not in (await client.get(url, headers={"HX-Request": "true"})).text


async def test_whoever_is_signed_out_is_told_so(signed_in, upload):
    _alice, client = await signed_in()
    await client.alogout()
    assert (await upload(client)).status_code == 401
    assert not await Attachment.objects.aexists()


async def test_text_is_previewed_in_the_colours_of_its_language(signed_in, upload):
    _alice, client = await signed_in()
    await upload(client, b"def f():\n    return 1\n", "f.py")
    preview = (await client.get(f"/attachments/{(await the_attachment()).pk}/preview/")).text
    assert '<span class="k">def</span>' in preview


async def test_files_are_taken_out_and_arranged(signed_in, upload):
    alice, client = await signed_in()
    for name in ("a.png", "b.png", "c.png"):
        await upload(client, name=name)
    a, b, c = [row async for row in Attachment.objects.waiting(alice.pk)]
    await client.post("/attachments/order/", {"attachment": [str(c.pk), str(a.pk), str(b.pk)]})
    assert [row.name async for row in Attachment.objects.waiting(alice.pk)] == ["c.png", "a.png", "b.png"]
    response = await client.post(f"/attachments/{a.pk}/discard/", headers=SCRIPT)
    assert response.status_code == 204
    assert not await sync_to_async(default_storage.exists)(a.file.name)
    assert not await sync_to_async(default_storage.exists)(a.folder)
    assert [row.name async for row in Attachment.objects.waiting(alice.pk)] == ["c.png", "b.png"]


async def test_at_most_twenty_files_go_with_a_message(signed_in, upload, dump):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client)
    first = await the_attachment()
    rows = [
        Attachment(
            owner=alice, kind="image", name="x.png", media_type="image/png", size=1, file=first.file.name
        )
        for _ in range(20)
    ]
    await Attachment.objects.abulk_create(rows)
    data = {"text": "All", "attachment": [str(row.pk) for row in [first, *rows]]}
    response = await client.post(f"/c/{conversation.pk}/messages/", data, headers={"HX-Request": "true"})
    assert (response.status_code, "at most 20" in response.text) == (422, True)


async def test_a_conversation_takes_its_files_with_it(signed_in, upload, process, dump, media):
    alice, client = await signed_in()
    conversation = await dump(alice)
    await upload(client)
    await send(client, process, conversation, "Mine", await the_attachment())
    await upload(client, conversation=str(conversation.pk))
    assert any(path.is_file() for path in media.rglob("*"))
    await sync_to_async(remove_for_good)(conversation.pk)
    assert not await Attachment.objects.aexists()
    assert not any(path.is_file() for path in media.rglob("*"))


async def test_an_account_takes_its_files_with_it(signed_in, upload, media):
    alice, client = await signed_in()
    await upload(client)
    await alice.adelete()
    assert not any(path.is_file() for path in media.rglob("*"))
