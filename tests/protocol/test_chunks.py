import json
from typing import Any

import pytest
from hypothesis import given, settings

from conversations.protocol import Choice, Delta, FunctionDelta, ToolCallDelta
from conversations.protocol.chunks import decode_chunk
from conversations.protocol.lenient_chunks import read_chunk
from tests.conformance.cases import all_cases
from tests.conformance.test_any_split import chunks

EVENTS = [
    line.removeprefix(b"data:").strip()
    for case in all_cases()
    for line in case.body.splitlines()
    if line.startswith(b"data:")
]


def test_the_transcripts_mostly_take_the_fast_way():
    chunks_of_endpoints = [event for event in EVENTS if event.startswith(b'{"')]
    fast = [event for event in chunks_of_endpoints if decode_chunk(event) is not None]
    assert len(fast) > 0.9 * len(chunks_of_endpoints)


def test_both_ways_of_reading_agree_on_the_transcripts():
    for event in EVENTS:
        chunk = decode_chunk(event)
        if chunk is not None:
            assert read_chunk(json.loads(event)) == chunk


@given(chunks)
@settings(max_examples=200, deadline=None)
def test_both_ways_of_reading_agree(value: dict[str, Any]):
    data = json.dumps(value).encode()
    chunk = decode_chunk(data)
    if chunk is not None:
        assert read_chunk(json.loads(data)) == chunk


@pytest.mark.parametrize(
    ("delta", "read"),
    [
        ("text", Delta(content="text")),
        ({"content": 5}, Delta(content="5")),
        ({"content": {"type": "text"}}, Delta(content=[{"type": "text"}])),
        ({"content": None, "odd": 1}, Delta(extra={"odd": 1})),
        ({"audio": "x", "images": {}, "tool_calls": "x"}, Delta()),
        (
            {"tool_calls": {"index": "2", "function": {"arguments": {"a": 1}}}},
            Delta(tool_calls=[ToolCallDelta(index=2, function=FunctionDelta(arguments='{"a":1}'))]),
        ),
        ({"tool_calls": [None, {"index": True, "function": 5}]}, Delta(tool_calls=[ToolCallDelta()])),
    ],
    ids=str,
)
def test_values_of_other_types_are_coerced_or_dropped(delta: Any, read: Delta):
    assert read_chunk({"choices": {"delta": delta}}).choices == [Choice(delta=read)]


def test_numbers_that_are_no_integers_are_dropped_where_integers_belong():
    chunk = read_chunk({"created": "soon", "choices": [{"index": 1e300}, {"index": 1.0}], "usage": []})
    assert (chunk.created, chunk.usage) == (None, None)
    assert [choice.index for choice in chunk.choices or ()] == [None, 1]
