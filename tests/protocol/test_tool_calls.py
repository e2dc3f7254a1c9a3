from typing import Any

import pytest

from conversations.protocol import Outcome, PartKind, ToolCall, arguments_are_complete, history_message
from tests.protocol.stream import body_of, choice_of, delta, outcome_of, read, whole


def fragment(arguments: Any = None, name: Any = None, **members: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {**members, "function": {key: value for key, value in function.items() if value is not None}}


def calls_of(*fragments: dict[str, Any] | list[dict[str, Any]]) -> list[tuple[str, str]]:
    lists = [entry if isinstance(entry, list) else [entry] for entry in fragments]
    choice = choice_of(*(delta(tool_calls=entry) for entry in lists), delta("tool_calls"))
    assert len({call.id for call in choice.tool_calls}) == len(choice.tool_calls)
    assert all(call.id for call in choice.tool_calls)
    return [(call.name, call.arguments) for call in choice.tool_calls]


def ids_of(*fragments: dict[str, Any]) -> list[str]:
    choice = choice_of(*(delta(tool_calls=[entry]) for entry in fragments), delta("tool_calls"))
    return [call.id for call in choice.tool_calls]


def test_later_fragments_that_lose_the_index_continue_the_last_call():
    assert calls_of(fragment("{", "f", index=0, id="a"), fragment('"x":1'), fragment("}")) == [
        ("f", '{"x":1}')
    ]


def test_index_that_comes_late_joins_the_call():
    assert calls_of(fragment("{", "f", id="a"), fragment("}", index=0)) == [("f", "{}")]


def test_whole_calls_without_index_and_with_the_same_id_are_two():
    assert calls_of(fragment('{"x":1}', "f", id="f"), fragment('{"x":2}', "f", id="f")) == [
        ("f", '{"x":1}'),
        ("f", '{"x":2}'),
    ]


def test_the_same_id_again_becomes_unique_and_the_first_keeps_it():
    first, second = ids_of(fragment("{}", "f", id="f", index=0), fragment("{}", "f", id="f", index=1))
    assert first == "f"
    assert second not in ("", "f")


def test_same_index_without_ids_and_a_name_again_after_whole_arguments_is_a_new_call():
    assert calls_of(fragment("{}", "f", index=0), fragment('{"x":2}', "g", index=0)) == [
        ("f", "{}"),
        ("g", '{"x":2}'),
    ]


def test_name_repeated_in_each_fragment_is_set_once():
    assert calls_of(
        fragment('{"a":', "f", index=0, id="a"),
        fragment("{}", "f", index=0, id="a"),
        fragment("}", "f", index=0, id="a"),
        fragment("", "f", index=0, id="a"),
    ) == [("f", '{"a":{}}')]


def test_id_may_come_late_and_type_never():
    assert ids_of(fragment("{", "f", index=0), fragment("}", index=0, id="late")) == ["late"]


def test_indexes_are_labels_with_gaps():
    assert calls_of(
        [fragment("", "f", index=3, id="a"), fragment("", "g", index=7, id="b")],
        [fragment("{}", index=7), fragment('{"x":1}', index=3)],
    ) == [("f", '{"x":1}'), ("g", "{}")]


@pytest.mark.parametrize(
    ("value", "text"), [({"a": [1]}, '{"a":[1]}'), ([], "[]"), (None, ""), (5, "5"), (True, "true")]
)
def test_arguments_that_are_no_text_are_serialised(value: Any, text: str):
    entry = {"index": 0, "id": "a", "function": {"name": "f", "arguments": value}}
    assert calls_of(entry) == [("f", text)]


def test_custom_tool_input_is_text_even_when_streamed():
    first = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "select"}}
    choice = choice_of(delta(tool_calls=[first]), delta(tool_calls=[{"index": 0, "custom": {"input": " 1"}}]))
    assert choice.tool_calls == [ToolCall("a", "sql", "select 1", "custom")]
    assert choice.message["tool_calls"][0]["custom"] == {"name": "sql", "input": "select 1"}


def test_surrogate_halves_in_arguments_are_joined():
    assert calls_of(fragment('{"x":"\ud83d', "f", index=0, id="a"), fragment('\ude00"}', index=0)) == [
        ("f", '{"x":"😀"}')
    ]


def test_unknown_members_of_a_call_are_kept():
    choice = choice_of(delta(tool_calls=[fragment("{}", "f", index=0, id="a", extra_content={"k": ["v"]})]))
    assert choice.message["tool_calls"] == [
        {
            "id": "a",
            "type": "function",
            "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"k": ["v"]},
        }
    ]


def test_function_call_beside_the_same_tool_call_is_one_call():
    choice = choice_of(
        delta(
            tool_calls=[fragment("{", "f", index=0, id="a")], function_call={"name": "f", "arguments": "{"}
        ),
        delta(function_call={"arguments": "}"}),
        delta(tool_calls=[fragment("}", index=0)]),
        delta("tool_calls"),
    )
    assert [(call.id, call.arguments) for call in choice.tool_calls] == [("a", "{}")]


def test_text_before_and_after_a_call_stays_in_order():
    choice = choice_of(
        delta(content="before <thi"),
        delta(tool_calls=[fragment("{}", "f", index=0, id="a")]),
        delta(content="after"),
        delta("stop"),
    )
    assert [(part.kind, part.text) for part in choice.parts] == [
        (PartKind.TEXT, "before <thi"),
        (PartKind.TOOL_CALL, "{}"),
        (PartKind.TEXT, "after"),
    ]


def test_empty_fragments_start_no_call():
    assert calls_of({"index": 0}, {"function": {}}, {"id": None, "function": None}) == []


def test_each_entry_of_a_whole_message_is_a_call():
    outcome, _ = read(whole(tool_calls=[fragment("", "f", id="x"), fragment("", "f", id="x")]))
    assert [call.name for call in outcome.choices[0].tool_calls] == ["f", "f"]


@pytest.mark.parametrize(
    ("call", "runs"),
    [
        (ToolCall("1", "f", ""), True),
        (ToolCall("1", "f", "{}"), True),
        (ToolCall("1", "f", '{"a":'), False),
        (ToolCall("1", "f", "[]"), False),
        (ToolCall("1", "", "{}"), False),
        (ToolCall("1", "f", "select", "custom"), True),
        (ToolCall("1", "f", "[" * 100_000), False),
    ],
)
def test_only_whole_arguments_run(call: ToolCall, runs: bool):
    assert arguments_are_complete(call) is runs


def cut_short() -> Outcome:
    body = body_of(delta(tool_calls=[fragment("{}", "f", index=0, id="a")]))
    return read(body, cut=True)[0]


def test_calls_of_an_interrupted_reply_never_run():
    assert cut_short().tool_calls_to_run() == []


def test_half_a_call_at_the_length_limit_does_not_run_but_a_whole_one_before_it_does():
    outcome = outcome_of(
        delta(tool_calls=[fragment("{}", "f", index=0, id="a")]),
        delta(tool_calls=[fragment('{"x', "g", index=1, id="b")]),
        delta("length"),
    )
    assert [call.name for call in outcome.tool_calls_to_run()] == ["f"]
    assert outcome.tool_calls_to_run(choice=3) == []


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ('{"a": NaN}', '{"a":null}'),
        ('{"a": [-Infinity, 1e999, 2]}', '{"a":[null,null,2]}'),
        ('{"a": "line\nbreak"}', '{"a":"line\\nbreak"}'),
        ('{"a": 1.0 }', '{"a": 1.0 }'),
    ],
)
def test_arguments_that_are_only_nearly_json_run_and_go_back_as_json(arguments: str, sent: str):
    assert arguments_are_complete(ToolCall("1", "f", arguments))
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    message = history_message({"role": "assistant", "content": None, "tool_calls": [call]})
    assert message["tool_calls"][0]["function"]["arguments"] == sent


def test_numbers_in_arguments_that_json_does_not_know_become_null():
    body = body_of(
        '{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":NaN}}}]}}]}'
    )
    assert read(body)[0].choices[0].tool_calls[0].arguments == '{"x":null}'
