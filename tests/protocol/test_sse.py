import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import DONE_EVENT, ServerSentEvent, SSEDecoder, encode_event


def decode(*pieces: bytes) -> list[ServerSentEvent]:
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def data_of(*pieces: bytes) -> list[bytes]:
    return [event.data for event in decode(*pieces)]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_all_line_ends_are_accepted(newline: bytes):
    assert data_of(b"data: a\n\ndata: b\n\n".replace(b"\n", newline)) == [b"a", b"b"]


def test_crlf_may_be_cut_in_two():
    assert data_of(b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n") == [b"a", b"b"]


def test_only_one_space_after_the_colon_is_stripped():
    assert data_of(b"data:a\n\ndata: b\n\ndata:  c\n\n") == [b"a", b"b", b" c"]


def test_lines_of_one_event_are_joined():
    assert data_of(b"data: {\ndata\ndata: }\n\n") == [b"{\n\n}"]


def test_comments_ids_and_retries_are_ignored():
    assert decode(b": ping\n\n:\nid: 1\nretry: 5\n\nid: 2\ndata: a\n\n") == [ServerSentEvent(b"a")]


def test_event_name_counts_for_one_event_only():
    assert decode(b"event: error\ndata: a\n\ndata: b\n\n") == [
        ServerSentEvent(b"a", "error"),
        ServerSentEvent(b"b", "message"),
    ]


def test_event_name_without_data_is_forgotten():
    assert decode(b"event: error\n\ndata: b\n\n") == [ServerSentEvent(b"b", "message")]


def test_error_as_a_field_is_an_error_event():
    assert decode(b'error: {"code":500}\n\n') == [ServerSentEvent(b'{"code":500}', "error")]


def test_json_without_data_is_taken():
    assert data_of(b'data: a\n\n{"error":1}\n\n') == [b"a", b'{"error":1}']


def test_byte_order_mark_is_stripped_once():
    assert data_of(b"\xef", b"\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n") == [b"a"]


def test_last_event_needs_no_blank_line():
    assert data_of(b"data: a\n\ndata: b") == [b"a", b"b"]


def test_empty_data_is_no_event():
    assert data_of(b"data:\n\ndata: \n\ndata\n\n") == []


def test_line_separators_of_unicode_do_not_end_a_line():
    assert data_of("data: a\u2028b\u0085c\n\n".encode()) == ["a\u2028b\u0085c".encode()]


def test_pending_bytes_count_what_is_held_back():
    decoder = SSEDecoder()
    decoder.feed(b"data: 12345\nda")
    assert decoder.pending_bytes == len(b"data: 12345") + 2
    decoder.feed(b"ta: 6\n\n")
    assert decoder.pending_bytes == 0


@given(st.text(max_size=60), st.sampled_from(["", "error"]), st.lists(st.integers(0, 200), max_size=8))
@settings(max_examples=150, deadline=None)
def test_what_is_encoded_is_decoded_again_for_any_cut(text: str, name: str, places: list[int]):
    data = text.encode().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    wire = encode_event(text.encode(), event=name)
    cuts = sorted({place % (len(wire) + 1) for place in places})
    pieces = [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    expected = [ServerSentEvent(data, name or "message")] if data.strip() else []
    assert decode(*pieces) == expected


def test_done_event_is_what_clients_wait_for():
    assert data_of(DONE_EVENT) == [b"[DONE]"]


@pytest.mark.parametrize(
    "body",
    [b"data: " + b"x" * 5_000_000 + b"\n\n", b"data: " + b"x" * 98 + b"\n" + b"data: y\n" * 600_000 + b"\n"],
    ids=["one line", "many lines"],
)
def test_long_events_cost_linear_time(body: bytes):
    def seconds(size: int) -> float:
        decoder, start = SSEDecoder(), time.process_time()
        for place in range(0, size, 1000):
            decoder.feed(body[place : place + 1000])
        return time.process_time() - start

    seconds(100_000)
    assert seconds(len(body)) < 40 * max(seconds(len(body) // 10), 0.005)


def test_lines_that_are_not_held_back_are_not_counted_as_held():
    decoder = SSEDecoder()
    decoder.feed(b"id: 1\n\nretry: 5\n\nevent: ping\n\nnonsense\n\n")
    assert (decoder.pending_bytes, decoder.unread_lines) == (0, 1)
