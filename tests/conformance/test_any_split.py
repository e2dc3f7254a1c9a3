"""Properties of reading: cutting changes nothing, and nothing that a server sends raises."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import Outcome, encode_event
from tests.conformance.cases import all_cases, receive
from tests.protocol.part_replay import replay

CASES = all_cases()
BODIES = [case.body for case in CASES]

texts = st.text(st.sampled_from("ab <>/`thinkg\n\0é日😀\ud83d\ude00"), max_size=12) | st.sampled_from(
    [
        "<think>",
        "</think>",
        "<thinking>",
        "</thinking>",
        "<th",
        "ink>",
        "</thi",
        "nk>",
        "`</think>`",
        "\ud83d",
    ]
)
functions = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["get_", "weather", "get_weather", "", None]),
        "arguments": texts
        | st.none()
        | st.sampled_from(['{"a":', "1}", "{}"])
        | st.dictionaries(texts, texts),
    },
)
fragments = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from([0, 1, 2, None, "1", True]),
        "id": st.sampled_from(["a", "b", "", None]),
        "type": st.sampled_from(["function", "custom", None]),
        "function": functions | st.none(),
        "custom": st.fixed_dictionaries({}, optional={"name": texts, "input": texts}),
        "extra_content": st.dictionaries(texts, texts, max_size=2),
    },
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
audio = st.fixed_dictionaries(
    {},
    optional={
        "id": texts,
        "data": st.sampled_from(["AAEC", "AA==", "A", "*", "_-"]) | json_values,
        "transcript": texts | st.none(),
        "expires_at": st.integers() | st.floats(),
    },
)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["assistant", "", None]),
        "content": texts | st.none() | json_values,
        "reasoning_content": texts | st.none(),
        "reasoning": texts | st.none(),
        "reasoning_details": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["reasoning.text", "x"])}, optional={"text": texts}
            )
        ),
        "refusal": texts | st.none(),
        "tool_calls": st.lists(fragments, max_size=3) | st.none(),
        "function_call": functions | st.none(),
        "audio": audio | st.none(),
        "images": st.lists(json_values, max_size=2),
        "annotations": st.lists(json_values, max_size=2),
        "anything": json_values,
    },
)
choices = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from([0, 1, None]),
        "delta": deltas | st.none(),
        "message": deltas | st.none(),
        "finish_reason": st.sampled_from(["stop", "", None, "null", "length", "error", "tool_calls", 7]),
        "logprobs": json_values,
        "usage": json_values,
    },
)
chunks = st.fixed_dictionaries(
    {},
    optional={
        "id": texts,
        "model": texts | st.none(),
        "created": st.integers() | st.floats(),
        "choices": st.lists(choices, max_size=3) | st.none() | json_values,
        "usage": json_values,
        "error": st.none() | json_values,
        "citations": st.lists(json_values, max_size=2),
        "x_groq": json_values,
    },
)
newlines = st.sampled_from([b"\n", b"\r\n", b"\r"])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    events = draw(st.lists(chunks, max_size=6))
    newline = draw(newlines)
    body = b"".join(encode_event(json.dumps(event).encode()) for event in events)
    body += draw(st.sampled_from([b"", b"data: [DONE]\n\n", b": ping\n\n", b"event: error\ndata: {}\n\n"]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n\n"])) + body.replace(b"\n", newline)


def split(body: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted({place % (len(body) + 1) for place in places} | {0, len(body)})
    return [body[start:end] for start, end in itertools.pairwise(cuts)]


def facts(outcome: Outcome) -> Any:
    error = None if outcome.error is None else outcome.error.to_json()
    return repr((outcome.choices, outcome.usage, error, outcome.complete, outcome.response_id, outcome.extra))


def check_same(body: bytes, places: list[int], cut: bool) -> None:
    whole, _ = receive([body], cut=cut)
    pieces, events = receive(split(body, places), cut=cut)
    assert facts(pieces) == facts(whole)
    parts, _ = replay(events)
    assert parts == {choice.index: choice.parts for choice in pieces.choices if choice.parts}


@given(st.sampled_from(BODIES), st.lists(st.integers(0, 20_000), max_size=30), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_split_of_a_recorded_body_gives_the_same(body: bytes, places: list[int], cut: bool):
    check_same(body, places, cut)


@given(streams(), st.lists(st.integers(0, 5_000), max_size=30), st.booleans())
@settings(max_examples=250, deadline=None)
def test_any_split_of_a_generated_stream_gives_the_same(body: bytes, places: list[int], cut: bool):
    check_same(body, places, cut)


@given(st.sampled_from(BODIES), st.integers(0, 20_000), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_body_cut_anywhere_never_passes_for_complete_by_itself(body: bytes, place: int, cut: bool):
    outcome, _ = receive([body[: place % (len(body) + 1)]], cut=cut)
    finished = outcome.choices and all(choice.finish_reason for choice in outcome.choices)
    ended = body.endswith((b"[DONE]\n\n", b"[DONE]\r\n\r\n", b"}"))
    assert not outcome.complete or finished or ended


@given(st.binary(max_size=200), st.sampled_from([200, 204, 302, 400, 429, 500, 599]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_never_raise(body: bytes, status: int, cut: bool):
    outcome, events = receive([body], status=status, cut=cut)
    assert outcome.error is not None or outcome.choices
    replay(events)


@given(json_values | chunks, st.sampled_from([200, 400, 500]), st.booleans(), st.booleans())
@settings(max_examples=250, deadline=None)
def test_arbitrary_json_never_raises_and_can_be_stored(value: Any, status: int, as_stream: bool, cut: bool):
    body = json.dumps(value).encode()
    outcome, events = receive([b"data: " + body + b"\n\n" if as_stream else body], status=status, cut=cut)
    replay(events)
    stored = [outcome.choices[place].message for place in range(len(outcome.choices))]
    text = json.dumps(stored, allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text
