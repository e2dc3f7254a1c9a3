from typing import Any

import pytest

from conversations.protocol import ReasoningPolicy, history_message
from tests.protocol.stream import choice_of, delta

CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
BROKEN = {"id": "b", "type": "function", "function": {"name": "g", "arguments": '{"x'}}


def message(**members: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "text", **members}


def test_text_goes_back_as_it_is_and_the_stored_message_does_not_change():
    stored = message(tool_calls=[CALL], reasoning="r", annotations=[1], mood="calm")
    before = repr(stored)
    assert history_message(stored, reasoning="never") == message(tool_calls=[CALL], mood="calm")
    assert repr(stored) == before


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content", "reasoning_details"])
@pytest.mark.parametrize(
    ("policy", "calls", "in_tool_loop", "goes_back"),
    [
        ("never", [CALL], True, False),
        ("tools", [], False, False),
        ("tools", [CALL], False, True),
        ("tools", [], True, True),
        ("always", [], False, True),
    ],
)
def test_reasoning_goes_back_by_policy(
    name: str, policy: str, calls: list[Any], in_tool_loop: bool, goes_back: bool
):
    sent = history_message(
        message(tool_calls=calls, **{name: "r"}), reasoning=ReasoningPolicy(policy), in_tool_loop=in_tool_loop
    )
    assert (name in sent) is goes_back


def test_reasoning_in_tags_or_parts_goes_back_where_it_was():
    tagged = choice_of(delta(content="<think>\nwhy\n</think>\n\nbecause"), delta("stop")).message
    assert history_message(tagged, reasoning="always")["content"] == "<think>\nwhy\n</think>\n\nbecause"
    assert history_message(tagged)["content"] == "because"
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "why"}]}
    parts = choice_of(delta(content=[thinking, {"type": "text", "text": "so"}]), delta("stop")).message
    assert history_message(parts, reasoning="always")["content"] == [thinking, {"type": "text", "text": "so"}]
    assert history_message(parts)["content"] == "so"


def test_reasoning_details_go_back_whole_and_in_order():
    details = [
        {"type": "reasoning.text", "text": "a", "index": 0},
        {"type": "reasoning.encrypted", "data": "x", "index": 1},
    ]
    call = {"index": 0, **CALL}
    stored = choice_of(delta(reasoning="a", reasoning_details=details), delta(tool_calls=[call])).message
    sent = history_message(stored)
    assert (sent["reasoning"], sent["reasoning_details"], sent["content"]) == ("a", details, None)


@pytest.mark.parametrize(
    ("content", "empty", "sent"), [(None, None, None), (None, "", ""), ("", None, ""), ("x", "", "x")]
)
def test_empty_content_beside_calls_is_what_the_endpoint_accepts(content: Any, empty: Any, sent: Any):
    stored = message(content=content, tool_calls=[CALL])
    assert history_message(stored, empty_content=empty)["content"] == sent


def test_half_received_calls_are_dropped():
    assert history_message(message(tool_calls=[CALL, BROKEN]))["tool_calls"] == [CALL]
    assert history_message(message(content=None, tool_calls=[BROKEN])) == {"role": "assistant", "content": ""}


def test_only_answered_calls_go_back_and_their_arguments_are_an_object():
    sent = history_message(message(tool_calls=[CALL, BROKEN]), answered=["b"])
    assert sent["tool_calls"] == [{**BROKEN, "function": {"name": "g", "arguments": "{}"}}]


def test_no_arguments_go_back_as_an_empty_object():
    empty = {**CALL, "function": {"name": "f", "arguments": ""}}
    assert history_message(message(tool_calls=[empty]))["tool_calls"][0]["function"]["arguments"] == "{}"


def test_custom_calls_and_unknown_members_of_calls_are_kept():
    custom = {"id": "c", "type": "custom", "custom": {"name": "sql", "input": "select"}}
    signed = {**CALL, "extra_content": {"google": {"thought_signature": "s"}}}
    assert history_message(message(tool_calls=[custom, signed]))["tool_calls"] == [custom, signed]


def test_spoken_replies_go_back_by_id_until_they_expire():
    stored = message(content=None, audio={"id": "x", "expires_at": 100, "transcript": "Hello"})
    assert history_message(stored, now=99) == {"role": "assistant", "audio": {"id": "x"}}
    assert history_message(stored, now=100) == {"role": "assistant", "content": "Hello"}


def test_refusal_goes_back():
    assert history_message(message(content=None, refusal="No")) == message(content=None, refusal="No")


def test_messages_with_nothing_in_them_have_empty_text():
    assert history_message(message(content=None)) == {"role": "assistant", "content": ""}
