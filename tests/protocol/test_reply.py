import json
import time

import pytest

from conversations.protocol import (
    ChatCompletionChunk,
    ChunkAccumulator,
    EndpointError,
    ErrorKind,
    ReplyDecoder,
    Retry,
    encode_event,
)
from conversations.protocol import reply as reply_module
from tests.protocol.stream import DONE, body_of, delta, items_of, read, whole


def error_of(body: bytes, *, cut: bool = False, status: int = 200) -> EndpointError:
    *_, error = items_of(body, cut=cut, status=status)
    assert isinstance(error, EndpointError)
    return error


@pytest.mark.parametrize("start", [b"", b"\n\n \t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\r\n" * 500])
@pytest.mark.parametrize("is_stream", [True, False])
def test_first_byte_that_is_not_blank_decides(start: bytes, is_stream: bool):
    body = start + (body_of(delta("stop", content="a"), DONE) if is_stream else whole(content="a"))
    outcome, _ = read(body)
    assert (outcome.choices[0].text, outcome.complete) == ("a", True)
    single, decoder = [], ReplyDecoder()
    for place in range(len(body)):
        single += decoder.feed(body[place : place + 1])
    assert repr(single + decoder.close()) == repr(items_of(body))


def test_json_followed_by_done_is_read():
    outcome, _ = read(whole(content="a") + b"\n\ndata: [DONE]\n\n")
    assert (outcome.choices[0].text, outcome.complete) == ("a", True)


def test_chunks_as_lines_of_json_are_read():
    lines = [delta(content="a"), delta(content="b"), delta("stop")]
    outcome, _ = read("\n".join(map(json.dumps, lines)).encode())
    assert (outcome.choices[0].text, outcome.complete) == ("ab", True)


def test_chunks_as_an_array_are_read():
    outcome, _ = read(json.dumps([delta(content="a"), delta("stop", content="b")]).encode())
    assert outcome.choices[0].text == "ab"


@pytest.mark.parametrize("done", ["[DONE]", " [DONE] ", '"[DONE]"', "DONE"])
def test_nothing_is_read_after_done(done: str):
    outcome, _ = read(body_of(delta("stop", content="a"), done, delta(content="b")))
    assert outcome.choices[0].text == "a"


@pytest.mark.parametrize("noise", ["null", "{}", "not json", "[]", "5", '"text"', '{"choices":null}', "[[["])
def test_events_that_are_no_chunks_are_skipped(noise: str):
    items = items_of(body_of(noise, delta(content="a"), noise, DONE))
    assert [type(item) for item in items] == [ChatCompletionChunk, ChatCompletionChunk]


def test_missing_blank_line_between_events_loses_nothing():
    body = b"".join(b"data: " + json.dumps(delta(content=text)).encode() + b"\n" for text in "abc")
    assert read(body + b"data: [DONE]\n\n")[0].choices[0].text == "abc"


def test_bare_json_error_in_a_stream_is_told():
    error = error_of(body_of(delta(content="a")) + b'{"error":{"message":"boom","type":"server_error"}}\n\n')
    assert (error.message, error.kind) == ("boom", ErrorKind.SERVER_ERROR)


def test_error_event_may_be_plain_text():
    error = error_of(b"event: error\ndata: out of memory\n\n")
    assert (error.message, error.kind, error.retry) == ("out of memory", ErrorKind.SERVER_ERROR, Retry.YES)


def test_error_as_a_field_in_a_stream_is_told():
    error = error_of(b'error: {"code":500,"message":"slot busy","type":"server_error"}\n\n')
    assert (error.message, error.code) == ("slot busy", "500")


def test_chunk_beside_an_error_is_kept():
    chunk, error = items_of(body_of({**delta(content="a"), "error": {"message": "m"}}))
    assert isinstance(chunk, ChatCompletionChunk)
    assert isinstance(error, EndpointError)


def test_null_or_empty_error_members_are_no_errors():
    items = items_of(body_of({**delta(content="a"), "error": None}, {**delta(content="b"), "error": {}}))
    assert all(isinstance(item, ChatCompletionChunk) for item in items)


def test_web_page_says_its_title_and_that_the_address_may_be_wrong():
    error = error_of(b"<!doctype html><title>Sign &amp; in</title><body>x")
    assert (error.kind, error.retry) == (ErrorKind.BAD_RESPONSE, Retry.NO)
    assert "(Sign & in)" in error.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"choices": [', "not valid JSON"),
        (b'{"weather": "fine"}', "no chat completion"),
        (b"upstream connect error", "upstream connect error"),
    ],
)
def test_other_answers_are_bad_responses(body: bytes, said: str):
    error = error_of(body)
    assert (error.kind, error.retry) == (ErrorKind.BAD_RESPONSE, Retry.NO)
    assert said in error.message


def test_json_without_choices_that_explains_itself_is_quoted():
    error = error_of(b'{"code": 401, "msg": "invalid token sk-abcdefghijkl"}')
    assert (error.kind, error.message) == (ErrorKind.AUTH, "invalid token sk-***")


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b": ping\n\n", b"data: {}\n\n", b'{"choices": []}', b"\xef\xbb"]
)
def test_empty_replies_may_be_repeated(body: bytes):
    outcome, _ = read(body)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.retry) == (ErrorKind.EMPTY_RESPONSE, Retry.YES)


def test_half_a_json_body_after_a_broken_connection_is_an_interruption():
    error = error_of(whole(content="a")[:-5], cut=True)
    assert (error.kind, error.retry) == (ErrorKind.INCOMPLETE_STREAM, Retry.YES)


def test_bodies_of_bad_statuses_are_errors_even_when_they_are_streams():
    error = error_of(body_of({"error": {"message": "full", "code": "rate_limit_exceeded"}}), status=429)
    assert (error.kind, error.message, error.status) == (ErrorKind.RATE_LIMIT, "full", 429)


def test_feeding_after_the_end_gives_nothing():
    decoder = ReplyDecoder()
    decoder.feed(b"data: [DONE]\n\n")
    assert decoder.feed(body_of(delta(content="a"))) == []
    assert decoder.close() == []
    assert decoder.feed(body_of(delta(content="a"))) == []


@pytest.mark.parametrize("start", [b"data: ", b'{"a": "', b"data: x\ndata: "])
def test_endless_replies_are_bounded(start: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reply_module, "MAX_HELD_BYTES", 10_000)
    decoder = ReplyDecoder()
    items = decoder.feed(start)
    for _ in range(20):
        items += decoder.feed(b"x" * 1000)
    (error,) = items + decoder.close()
    assert isinstance(error, EndpointError)
    assert error.kind is ErrorKind.BAD_RESPONSE


def test_deep_nesting_never_raises():
    deep = b"[" * 5000 + b"]" * 5000
    for body in (deep, b'{"error":' + deep + b"}", b'{"choices":[{"delta":{"x":' + deep + b"}}]}"):
        read(body)
        read(b"data: " + body + b"\n\n")
        read(body, status=500)
    nested = b'{"choices":[{"delta":{"x":' + b"[" * 400 + b"]" * 400 + b'},"finish_reason":"stop"}]}'
    outcome, _ = read(b"data: " + nested + b"\n\n")
    assert "x" in outcome.choices[0].message


def test_ordinary_chunk_costs_little():
    """The budget is 10 microseconds; ten times that still tells a slow path from a fast one on any machine."""
    chunk = {**delta(content=" green"), "object": "chat.completion.chunk", "usage": None, "obfuscation": "x"}
    event, count = encode_event(json.dumps(chunk).encode()), 3000

    def microseconds() -> float:
        decoder, accumulator = ReplyDecoder(), ChunkAccumulator()
        start = time.process_time()
        for _ in range(count):
            for item in decoder.feed(event):
                accumulator.feed(item)
        return (time.process_time() - start) / count * 1e6

    assert min(microseconds() for _ in range(3)) < 100


@pytest.mark.parametrize("between", ["", " ", "data: ", " data:"])
def test_several_objects_on_one_line_are_all_read(between: str):
    texts = [json.dumps(delta(content="a")), json.dumps(delta(content="b")), json.dumps(delta("stop"))]
    outcome, _ = read(f"data: {between.join(texts)}\n\ndata: {between.join([texts[0], DONE])}\n\n".encode())
    assert (outcome.choices[0].text, outcome.complete) == ("aba", True)


def test_error_behind_a_chunk_on_one_line_is_told():
    chunk, error = items_of(body_of(json.dumps(delta(content="a")) + '{"error":{"message":"boom"}}'))
    assert isinstance(chunk, ChatCompletionChunk)
    assert isinstance(error, EndpointError)


def test_what_cannot_be_read_is_counted():
    decoder = ReplyDecoder()
    body = body_of(delta(content="a"), '{"choices": [', "null", "5", "{}", '{"x":1} and more', DONE)
    decoder.feed(b": ping\nid: 1\nretry: 5\n\nnonsense\n\n" + body)
    assert decoder.unread == 4
