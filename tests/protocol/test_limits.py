"""No reply costs more than it is long, nor more memory than an answer may need."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from conversations.protocol import (
    ChunkAccumulator,
    EndpointError,
    ErrorKind,
    Outcome,
    ReplyDecoder,
    encode_event,
    read_model_list,
)
from conversations.protocol import reply as reply_module
from tests.protocol.stream import DONE, body_of, delta, read

MOST_PARTS = 1000


def parts_of(*events: Any) -> tuple[Outcome, int]:
    outcome, _ = read(body_of(*events, delta("stop"), DONE))
    return outcome, sum(len(choice.parts) for choice in outcome.choices)


def call(index: int) -> dict[str, Any]:
    return {"index": index, "id": f"c{index}", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "events",
    [
        [delta(content="begun"), delta(tool_calls=[call(index) for index in range(3000)])],
        [delta(content="begun"), *(delta(tool_calls=[call(index)]) for index in range(3000))],
        [delta(**{name: "x"}) for _ in range(1500) for name in ("content", "reasoning")],
        [delta(images=[{"url": f"https://x/{number}"} for number in range(3000)])],
    ],
    ids=["calls of one chunk", "calls", "text and reasoning", "images"],
)
def test_a_reply_has_so_many_parts_and_no_more(events: list[Any]):
    outcome, count = parts_of(*events)
    assert count == MOST_PARTS
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.complete) == (ErrorKind.BAD_RESPONSE, False)
    assert "too many parts" in outcome.error.message


def test_a_reply_has_so_many_citations_and_no_more():
    _, count = parts_of(
        {**delta(content="x"), "citations": [f"https://x/{number}" for number in range(3000)]}
    )
    assert count < MOST_PARTS


def test_a_reply_has_so_many_choices_and_no_more():
    outcome, _ = parts_of(*(delta(_choice=index, content="x") for index in range(5000)))
    assert len(outcome.choices) == 128


def test_a_reply_has_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reply_module, "MAX_REPLY_BYTES", 10_000)
    decoder, event = ReplyDecoder(), encode_event(json.dumps(delta(content="x")).encode())
    items = [item for _ in range(1000) for item in decoder.feed(event)] + decoder.close()
    assert isinstance(items[-1], EndpointError)
    assert (items[-1].kind, len(items)) == (ErrorKind.BAD_RESPONSE, 10_000 // len(event) + 2)


def test_a_list_of_models_has_so_many_entries_and_no_more():
    entries = [{"id": f"m{number}"} for number in range(100_000)]
    models = read_model_list(json.dumps({"data": entries}).encode()).models
    assert [model.id for model in models] == [f"m{number}" for number in range(10_000)]


def feed(events: list[Any]) -> Callable[[], None]:
    pieces = [encode_event(json.dumps(event).encode()) for event in events]

    def work() -> None:
        decoder, accumulator = ReplyDecoder(), ChunkAccumulator()
        for piece in pieces:
            for item in decoder.feed(piece):
                accumulator.feed(item)

    return work


def name_again(number: int) -> dict[str, Any]:
    text = '{"a": "' if number == 0 else "{" + "x" * 200 + "}"
    return delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": text}}])


def seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize(
    "event",
    [
        lambda number: delta(content=" " * 20),
        name_again,
        lambda number: delta(content="`</think>" if number == 0 else "x"),
    ],
    ids=["white space", "a name again", "a tag that may be quoted"],
)
def test_ten_times_the_events_cost_ten_times_the_time(event: Callable[[int], Any]):
    few, many = ([event(number) for number in range(count)] for count in (2_000, 20_000))
    assert seconds(feed(many)) < 30 * max(min(seconds(feed(few)) for _ in range(2)), 0.02)
