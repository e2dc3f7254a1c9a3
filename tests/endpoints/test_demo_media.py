"""The demo looks at pictures, sounds and files, and answers with pictures and sounds, as real endpoints do."""

import asyncio
import base64
import io
import json
import wave

import docx
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conversations.endpoints import DEMO_BASE_URL, DemoTransport
from conversations.endpoints.demo.colours import meant_by, name_of
from conversations.endpoints.demo.pieces import Say
from conversations.endpoints.demo.plan import plan_choice
from conversations.endpoints.demo.speech import (
    BYTES_PER_SECOND,
    LONGEST_SECONDS,
    PIECE_BYTES,
    spoken,
    transcript_of,
)
from conversations.protocol import ChunkAccumulator, PartKind
from tests.endpoints.wire import message
from tests.media.samples import encoded, film, pdf, picture, saved, sound, tone, wav

ALOUD = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
BY_PROGRAM = "a small program measures"


def data_url(content, media_type="application/octet-stream"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def image(url):
    return {"type": "image_url", "image_url": {"url": url}}


def recording(content, format="wav"):
    return {
        "type": "input_audio",
        "input_audio": {"data": base64.b64encode(content).decode(), "format": format},
    }


def file(content, name):
    return {"type": "file", "file": {"filename": name, "file_data": data_url(content)}}


async def exchange(client, **members):
    accumulator = ChunkAccumulator()
    async with client.stream(message(**members)) as stream:
        async for items in stream:
            for item in items:
                accumulator.feed(item)
    accumulator.close()
    assert accumulator.outcome.complete
    return accumulator.outcome


async def raw(**members):
    """The HTTP reply, and the deltas in it if it is a stream."""
    async with httpx.AsyncClient(transport=DemoTransport(tokens_per_second=0)) as client:
        reply = await client.post(f"{DEMO_BASE_URL}/chat/completions", json=message(**members))
    events = [
        event.removeprefix("data: ") for event in reply.text.split("\n\n")[:-2] if event.startswith("data: ")
    ]
    chunks = [json.loads(event) for event in events] if members.get("stream") else []
    return reply, [choice["delta"] for chunk in chunks for choice in chunk["choices"]]


async def described(client, *parts, text="What is this?"):
    """What the demo says to parts that come with a text."""
    content = [{"type": "text", "text": text}, *parts]
    outcome = await exchange(client, messages=[{"role": "user", "content": content}])
    return outcome.choices[0].text


async def test_a_picture_is_looked_at(demo_client):
    reply = await described(demo_client, image(data_url(encoded(picture((300, 200)), "JPEG"), "image/jpeg")))
    assert "Image 1 is a JPEG picture of 300 × 200 pixels." in reply
    assert "It is mostly red (#" in reply
    assert ", then blue (#" in reply
    assert "It is not transparent anywhere." in reply
    assert BY_PROGRAM in reply


async def test_transparency_is_told(demo_client):
    half = picture((100, 100), "RGBA")
    half.paste((0, 0, 0, 0), (0, 0, 50, 100))
    reply = await described(
        demo_client, image(data_url(encoded(half))), image(data_url(encoded(Image.new("RGBA", (9, 9)))))
    )
    assert "It is mostly blue" in reply
    assert "50 % of it is transparent." in reply
    assert "Image 2 is a PNG picture of 9 × 9 pixels. It is transparent all over." in reply


async def test_addresses_are_named_and_not_fetched(demo_client):
    video = {"type": "video_url", "video_url": {"url": "https://example.com/b.mp4"}}
    stored = {"type": "file", "file": {"file_id": "file-123"}}
    reply = await described(demo_client, image("https://example.com/a`b.png"), video, stored)
    assert "Image 1 is at `https://example.com/a'b.png`; I fetch nothing" in reply
    assert "Video 1 is at `https://example.com/b.mp4`" in reply
    assert "File 1 is only named, as `file-123`" in reply


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (image("data:image/png;base64,%%%"), "Image 1 is not valid base64"),
        (image("data:image/png"), "holds no data"),
        (image(data_url(b"")), "Image 1 is empty."),
        (image(data_url(encoded(picture())[:200])), "Image 1 is damaged."),
        (file(film("mp4", "mpeg4"), "a.mp4"), "File 1, `a.mp4`, is a film"),
        (file(b"\x7fELF" + bytes(50), "a"), "File 1, `a`, is a program"),
        ({"type": "file", "file": {"file_data": "no base64 at all!"}}, "File 1 is not valid base64"),
    ],
)
async def test_what_cannot_be_looked_at_is_said(demo_client, part, said):
    assert said in await described(demo_client, part)


async def test_broken_sound_is_refused_by_the_protocol():
    part = {"type": "input_audio", "input_audio": {"data": "%%%", "format": "wav"}}
    reply, _ = await raw(messages=[{"role": "user", "content": [part]}])
    assert (reply.status_code, reply.json()["error"]["param"]) == (
        400,
        "messages[0].content[0].input_audio.data",
    )


async def test_a_recording_is_listened_to(demo_client):
    silence = bytes(BYTES_PER_SECOND)
    parts = [
        recording(wav(silence + tone(volume=0.5) + silence)),
        recording(sound("mp3", "libmp3lame", tone(2, rate=48_000)), "mp3"),
        recording(wav(silence)),
    ]
    reply = await described(demo_client, *parts)
    assert "Recording 1 is a WAV sound of 3.0 seconds, mono, with 24,000 samples a second." in reply
    assert "-13.8 dBFS (RMS), and it is loudest at about 1." in reply
    assert "Recording 2 is an MP3 sound of 2.0 seconds, mono, with 48,000 samples a second." in reply
    assert reply.count("There is only silence in it.") == 1


async def test_files_are_read(demo_client):
    letter = docx.Document()
    letter.add_paragraph("Dear *all*,")
    parts = [
        file(pdf("Hello world", "Second"), "report.pdf"),
        file(saved(letter), "letter.docx"),
        file(b"import os\n", "a.py"),
        file(encoded(picture()), "a.png"),
        file(pdf(""), "scan.pdf"),
    ]
    reply = await described(demo_client, *parts)
    assert (
        "File 1, `report.pdf`, is a PDF document with 2 pages and 3 words. It begins:\n\n> Hello world"
        in reply
    )
    assert "File 2, `letter.docx`, is a Word document with 2 words. It begins:\n\n> Dear \\*all\\*," in reply
    assert "File 3, `a.py`, is text (python) with 2 words. It begins:\n\n> import os" in reply
    assert "File 4, `a.png`, is a PNG picture of 300 × 200 pixels." in reply
    assert (
        "File 5, `scan.pdf`, is a PDF document with 1 page and 0 words. There is no text in it to quote."
        in reply
    )


async def test_bare_base64_is_a_file_too(demo_client):
    part = {"type": "file", "file": {"file_data": base64.b64encode(b"some text").decode()}}
    assert "File 1 is text (text) with 2 words." in await described(demo_client, part)


async def test_no_more_than_a_few_are_looked_at(demo_client):
    reply = await described(demo_client, *[image("https://example.com/a.png")] * 10)
    assert "I did not look at the 2 parts after that." in reply


async def test_parts_without_words_are_described_as_well(demo_client):
    parts = [image(data_url(encoded(picture())))]
    outcome = await exchange(demo_client, messages=[{"role": "user", "content": parts}], n=2)
    assert all("300 × 200" in choice.text for choice in outcome.choices)


@pytest.mark.parametrize("text", ["draw a red sun", "picture", "Show me an image, please", "画一个太阳"])
async def test_a_picture_is_drawn(demo_client, text):
    outcome = await exchange(demo_client, text=text, seed=1)
    words, drawn = outcome.choices[0].parts
    assert (words.kind, drawn.kind) == (PartKind.TEXT, PartKind.IMAGE)
    assert "A small program drew it, without a model" in words.text
    content = base64.b64decode(drawn.data["url"].removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(content)) as opened:
        assert (opened.format, opened.size) == ("PNG", (640, 400))
    assert len(content) < 100_000
    assert outcome.usage.completion_image_tokens > 0


async def test_the_picture_follows_the_seed_and_the_words(demo_client):
    async def url(text, seed):
        outcome = await exchange(demo_client, text=text, seed=seed)
        return outcome.choices[0].parts[1].data["url"]

    first = await url("draw blue stars", 1)
    assert first == await url("draw blue stars", 1)
    assert first not in (await url("draw blue stars", 2), await url("draw green stars", 1))
    assert "mostly light blue" in await described(demo_client, image(first))


async def test_pictures_come_as_openrouter_sends_them(demo_client):
    reply, deltas = await raw(text="draw a star", seed=3, stream=True)
    (with_image,) = (delta for delta in deltas if "images" in delta)
    whole = (await raw(text="draw a star", seed=3))[0].json()["choices"][0]["message"]
    assert reply.status_code == 200
    assert with_image["images"] == whole["images"]
    assert whole["images"][0]["type"] == "image_url"
    assert whole["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert whole["content"]


async def test_a_request_for_pictures_gets_one(demo_client):
    outcome = await exchange(demo_client, text="A house by the sea", modalities=["image", "text"])
    assert outcome.choices[0].parts[1].kind == PartKind.IMAGE


async def test_sound_comes_as_openai_streams_it():
    _, deltas = await raw(text="hello", stream=True, **ALOUD)
    assert all(delta.get("content") is None for delta in deltas)
    audio = [delta["audio"] for delta in deltas if "audio" in delta]
    assert list(audio[0]) == ["id"]
    assert list(audio[-1]) == ["expires_at"]
    assert audio[0]["id"].startswith("audio_")
    kinds = {name for piece in audio[1:-1] for name in piece}
    assert kinds == {"transcript", "data"}
    pieces = [base64.b64decode(piece["data"], validate=True) for piece in audio if "data" in piece]
    assert all(0 < len(piece) <= PIECE_BYTES and len(piece) % 2 == 0 for piece in pieces)
    assert "demo" in "".join(piece.get("transcript", "") for piece in audio)


async def test_sound_is_as_long_as_its_words_are_spoken(demo_client):
    outcome = await exchange(demo_client, text="speak")
    (part,) = outcome.choices[0].parts
    assert part.kind == PartKind.AUDIO
    assert "no voice and no model" in part.text
    seconds = len(part.data["audio_bytes"]) / BYTES_PER_SECOND
    assert 130 < len(part.text.split()) / seconds * 60 < 175
    assert outcome.usage.completion_audio_tokens == pytest.approx(20 * seconds, abs=1)
    assert outcome.usage.completion_tokens > outcome.usage.completion_audio_tokens


@pytest.mark.parametrize("format", ["wav", "pcm16"])
async def test_a_whole_reply_holds_all_of_the_sound(demo_client, format):
    members = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": format}}
    streamed = await exchange(demo_client, text="speak")
    whole = (await raw(text="speak", **members))[0].json()["choices"][0]["message"]
    assert whole["content"] is None
    assert set(whole["audio"]) == {"id", "data", "transcript", "expires_at"}
    assert whole["audio"]["transcript"] == streamed.choices[0].parts[0].text
    content = base64.b64decode(whole["audio"]["data"])
    if format == "wav":
        with wave.open(io.BytesIO(content)) as opened:
            assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (24_000, 1, 2)
            content = opened.readframes(opened.getnframes())
    assert content == streamed.choices[0].parts[0].data["audio_bytes"]


@pytest.mark.parametrize(
    ("format", "stream"), [("wav", True), ("mp3", True), ("mp3", False), ("opus", False)]
)
async def test_other_formats_are_refused_as_openai_does(format, stream):
    reply, _ = await raw(
        text="hello", stream=stream, modalities=["text", "audio"], audio={"voice": "alloy", "format": format}
    )
    error = reply.json()["error"]
    assert (reply.status_code, error["type"], error["param"], error["code"]) == (
        400,
        "invalid_request_error",
        "audio.format",
        "unsupported_value",
    )
    assert format in error["message"]


async def test_an_earlier_spoken_answer_may_be_named_by_its_id(demo_client):
    first = await exchange(demo_client, text="speak")
    identifier = first.choices[0].parts[0].data["id"]
    history = [
        {"role": "user", "content": "speak"},
        {"role": "assistant", "audio": {"id": identifier}},
        {"role": "user", "content": "And now tell me more about that, will you?"},
    ]
    outcome = await exchange(demo_client, messages=history)
    assert "1 earlier message" in outcome.choices[0].text


async def test_stop_and_limit_hold_for_what_is_spoken(demo_client):
    outcome = await exchange(demo_client, text="count to 9", stop=["7"], **ALOUD)
    assert outcome.choices[0].parts[0].text == "1 2 3 4 5 6"
    outcome = await exchange(demo_client, text="count to 9", max_tokens=3, **ALOUD)
    assert (outcome.choices[0].parts[0].text, outcome.choices[0].finish_reason) == ("1 2 3", "length")


async def test_reasoning_is_not_spoken(demo_client):
    outcome = await exchange(demo_client, text="Hello", model="demo-reasoning", **ALOUD)
    assert [part.kind for part in outcome.choices[0].parts] == [PartKind.REASONING, PartKind.AUDIO]


async def test_sound_comes_faster_than_it_is_heard_and_not_all_at_once(make_client):
    client = make_client(DEMO_BASE_URL, DemoTransport(tokens_per_second=60, first_token_seconds=0))
    clock = asyncio.get_running_loop().time
    started, moments, sounded = clock(), [], 0
    async with client.stream(message("count to 9", **ALOUD)) as stream:
        async for items in stream:
            moments.append(clock())
            choices = [choice for item in items for choice in item.choices or ()]
            datas = [(choice.delta.audio or {}).get("data", "") for choice in choices if choice.delta]
            sounded += sum(len(base64.b64decode(data)) for data in datas)
    assert len(moments) > 5
    assert clock() - started < sounded / BYTES_PER_SECOND


@pytest.mark.parametrize("text", ["Do you speak German?", "That sounds good", "The reading was done aloud"])
async def test_ordinary_sentences_are_answered_in_writing(demo_client, text):
    outcome = await exchange(demo_client, text=text)
    assert [part.kind for part in outcome.choices[0].parts] == [PartKind.TEXT]


async def test_attachments_cost_tokens(demo_client):
    plain = await exchange(demo_client, text="What is this?")
    parts = [
        {"type": "text", "text": "What is this?"},
        image("https://example.com/a.png"),
        recording(wav(tone())),
    ]
    outcome = await exchange(demo_client, messages=[{"role": "user", "content": parts}])
    usage = outcome.usage
    assert (
        usage.prompt_tokens
        == plain.usage.prompt_tokens + usage.prompt_image_tokens + usage.prompt_audio_tokens
    )
    assert usage.prompt_image_tokens > 0
    assert 5 < usage.prompt_audio_tokens < 20


@given(st.text(max_size=3000))
def test_what_is_spoken_is_bounded_and_whole_words(text):
    plan = spoken(plan_choice([Say(text)]), identifier="audio_1", now=0)
    pcm = b"".join(sound.pcm for sound in plan.sounds)
    said = "".join(sound.transcript for sound in plan.sounds)
    assert len(pcm) <= LONGEST_SECONDS * BYTES_PER_SECOND
    assert said == transcript_of(text)
    assert (len(pcm) > 0) == (len(said) > 0)


def test_a_long_answer_is_spoken_for_a_minute():
    plan = spoken(plan_choice([Say("Some words that go on and on. " * 1000)]), identifier="audio_1", now=0)
    assert 55 < sum(len(sound.pcm) for sound in plan.sounds) / BYTES_PER_SECOND <= LONGEST_SECONDS


def test_markup_is_not_spoken():
    assert transcript_of("# A **title**\n\n- one `two`\n\n```python\nx\n```") == "A title - one two x"


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0x1D, 0x5C, 0x3A), "dark green"),
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((200, 30, 30), "red"),
        ((110, 60, 20), "brown"),
        ((173, 216, 230), "light turquoise"),
    ],
)
def test_names_of_colours(colour, name):
    assert name_of(colour) == name


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_every_colour_has_a_name(colour):
    assert name_of(colour)


def test_colours_are_found_in_words():
    assert [name_of(colour) for colour in meant_by("a Green house under a red sun")] == ["green", "red"]
