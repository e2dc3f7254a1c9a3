import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import InvalidRequest, parse_request
from conversations.protocol.content import ImagePart, TextPart

SEED = json.loads((Path(__file__).parent / "seed_request.json").read_text(encoding="utf-8"))
USER = {"role": "user", "content": "Hi"}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWER = {"role": "tool", "tool_call_id": "a", "content": "1"}
TOOL = {"type": "function", "function": {"name": "f"}}


def parse(**members: Any):
    return parse_request(json.dumps({"model": "m", "messages": [USER], **members}).encode())


def refused(**members: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse(**members)
    return caught.value


def offence(**members: Any) -> tuple[str | None, str | None]:
    error = refused(**members)
    return error.param, error.code


def parts(*content: Any) -> list[Any]:
    return [{"role": "user", "content": list(content)}]


def test_the_example_of_the_specification_is_valid_and_survives():
    request = parse_request(json.dumps(SEED).encode())
    assert request.to_json() == SEED
    assert request.token_limit == 1
    assert request.include_usage is False


EVERYTHING = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "s", "name": "n", "odd": {"x": [None]}},
        {"role": "developer", "content": [{"type": "text", "text": "d", "prompt_cache_breakpoint": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": ""},
                {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "high", "odd": 1}},
                {"type": "input_audio", "input_audio": {"data": "AAEC", "format": "wav"}},
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
                },
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "r",
            "reasoning_details": [{"type": "reasoning.encrypted"}],
            "tool_calls": [
                {**CALL, "extra_content": {"google": {"thought_signature": "s"}}},
                {"id": "b", "type": "custom", "custom": {"name": "sql", "input": "select"}},
            ],
        },
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {**ANSWER, "name": "f"},
        {"role": "assistant", "audio": {"id": "audio_1"}},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]},
        {"role": "assistant", "content": None, "refusal": "No"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
    ],
    "temperature": 0,
    "top_p": 0.5,
    "n": 3,
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": False},
    "stop": ["a", "b"],
    "max_tokens": 5,
    "max_completion_tokens": 6,
    "presence_penalty": -2,
    "frequency_penalty": 2.0,
    "logit_bias": {"50256": -100, "1": 0.5},
    "user": "u",
    "tools": [
        {
            **TOOL,
            "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True},
        },
        {"type": "custom", "custom": {"name": "sql", "format": {"type": "text"}}},
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    "seed": -7,
    "reasoning_effort": "xhigh",
    "modalities": ["text", "audio"],
    "audio": {"voice": {"id": "v"}, "format": "pcm16"},
    "logprobs": True,
    "top_logprobs": 20,
    "parallel_tool_calls": False,
    "metadata": {"a": "b"},
    "store": False,
    "service_tier": "flex",
    "prediction": {"type": "content", "content": "x"},
    "verbosity": "low",
    "web_search_options": {},
    "safety_identifier": "s",
    "prompt_cache_key": "k",
    "prompt_cache_retention": "24h",
    "functions": [{"name": "g"}],
    "function_call": {"name": "g"},
    "top_k": 40,
    "enable_thinking": None,
    "search_parameters": {"mode": "auto"},
}


def test_every_field_and_every_unknown_one_survives_the_round_trip():
    request = parse_request(json.dumps(EVERYTHING).encode())
    assert request.to_json() == EVERYTHING
    assert parse_request(json.dumps(request.to_json()).encode()) == request
    assert request.extra == {"top_k": 40, "enable_thinking": None, "search_parameters": {"mode": "auto"}}
    assert request.token_limit == 6


def test_types_are_those_of_the_protocol():
    request = parse(messages=parts({"type": "text", "text": "a"}, SEED["messages"][0]["content"][1]))
    text, image = request.messages[0].content
    assert (type(text), type(image)) == (TextPart, ImagePart)
    assert image.image_url.url == "https://example.com/product.jpg"
    assert request.messages[0].text == "a"


@pytest.mark.parametrize(
    "name", [name for name in EVERYTHING if name not in ("model", "messages", "enable_thinking")]
)
def test_null_for_an_optional_field_is_absent(name: str):
    body = {
        key: value
        for key, value in EVERYTHING.items()
        if key not in ("tool_choice", "modalities", "top_logprobs")
    }
    request = parse_request(json.dumps({**body, name: None}).encode())
    assert request.to_json().get(name) is None


@pytest.mark.parametrize("name", ["n", "max_tokens", "seed", "top_logprobs"])
def test_whole_decimals_are_integers(name: str):
    request = parse(**{"logprobs": True, name: 2.0})
    assert type(getattr(request, name)) is int


@pytest.mark.parametrize("value", ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
def test_all_reasoning_efforts_are_accepted(value: str):
    assert parse(reasoning_effort=value).reasoning_effort == value


@pytest.mark.parametrize(
    ("members", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": ""}, "model", "missing_required_parameter"),
        ({"model": 5}, "model", "invalid_type"),
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": "Hi"}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": ["Hi"]}, "messages[0]", "invalid_type"),
        ({"messages": [USER, {"content": "x"}]}, "messages[1].role", "invalid_value"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": 5, "content": "x"}]}, "messages[0].role", "invalid_type"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "assistant", "content": None}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content", "empty_array"),
        ({"messages": [{**USER, "name": 5}]}, "messages[0].name", "invalid_type"),
        ({"messages": parts("x")}, "messages[0].content[0]", "invalid_type"),
        ({"messages": parts({})}, "messages[0].content[0].type", "missing_required_parameter"),
        ({"messages": parts({"type": "smell"})}, "messages[0].content[0].type", "invalid_value"),
        ({"messages": parts({"type": "text"})}, "messages[0].content[0].text", "missing_required_parameter"),
        (
            {"messages": [USER, USER, *parts({"type": "image_url", "image_url": {}})]},
            "messages[2].content[0].image_url.url",
            "missing_required_parameter",
        ),
        (
            {"messages": parts({"type": "image_url", "image_url": {"url": ""}})},
            "messages[0].content[0].image_url.url",
            "missing_required_parameter",
        ),
        (
            {"messages": parts({"type": "image_url", "image_url": "https://x"})},
            "messages[0].content[0].image_url",
            "invalid_type",
        ),
        (
            {"messages": parts({"type": "image_url", "image_url": {"url": "x", "detail": "max"}})},
            "messages[0].content[0].image_url.detail",
            "invalid_value",
        ),
        (
            {"messages": parts({"type": "input_audio", "input_audio": {"data": "AAEC", "format": "ogg"}})},
            "messages[0].content[0].input_audio.format",
            "invalid_value",
        ),
        (
            {
                "messages": parts(
                    {"type": "input_audio", "input_audio": {"data": "data:,AAEC", "format": "wav"}}
                )
            },
            "messages[0].content[0].input_audio.data",
            "invalid_value",
        ),
        (
            {"messages": parts({"type": "input_audio", "input_audio": {"data": "AAEC"}})},
            "messages[0].content[0].input_audio.format",
            "missing_required_parameter",
        ),
        (
            {"messages": parts({"type": "file", "file": {"filename": "x"}})},
            "messages[0].content[0].file.file_data",
            "missing_required_parameter",
        ),
        (
            {"messages": parts({"type": "video_url", "video_url": "https://x"})},
            "messages[0].content[0].video_url",
            "invalid_type",
        ),
        ({"messages": [USER, CALLING]}, "messages[1].tool_calls", None),
        ({"messages": [USER, CALLING, USER, ANSWER]}, "messages[1].tool_calls", None),
        ({"messages": [USER, ANSWER]}, "messages[1].tool_call_id", None),
        ({"messages": [USER, CALLING, ANSWER, ANSWER]}, "messages[3].tool_call_id", None),
        ({"messages": [USER, CALLING, {"role": "tool", "content": "x"}]}, "messages[2].tool_call_id", None),
        (
            {"messages": [{**CALLING, "tool_calls": [{"type": "function"}]}]},
            "messages[0].tool_calls[0].id",
            "missing_required_parameter",
        ),
        (
            {"messages": [{**CALLING, "tool_calls": [{"id": "a"}]}]},
            "messages[0].tool_calls[0].function",
            "missing_required_parameter",
        ),
        (
            {
                "messages": [
                    {**CALLING, "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}]}
                ]
            },
            "messages[0].tool_calls[0].function.arguments",
            "invalid_type",
        ),
        ({"temperature": 5}, "temperature", "decimal_above_max_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"temperature": "1"}, "temperature", "invalid_type"),
        ({"top_p": 1.01}, "top_p", "decimal_above_max_value"),
        ({"presence_penalty": -2.5}, "presence_penalty", "decimal_below_min_value"),
        ({"frequency_penalty": 3}, "frequency_penalty", "decimal_above_max_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 1.5}, "n", "invalid_type"),
        ({"n": True}, "n", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_completion_tokens": -1}, "max_completion_tokens", "integer_below_min_value"),
        ({"seed": "1"}, "seed", "invalid_type"),
        ({"stream": 1}, "stream", "invalid_type"),
        ({"stream_options": True}, "stream_options", "invalid_type"),
        ({"stream_options": {"include_usage": "yes"}}, "stream_options.include_usage", "invalid_type"),
        ({"stop": 5}, "stop", "invalid_type"),
        ({"stop": ["a", 5]}, "stop[1]", "invalid_type"),
        ({"logit_bias": []}, "logit_bias", "invalid_type"),
        ({"logit_bias": {"1": "a"}}, "logit_bias.1", "invalid_type"),
        ({"logit_bias": {"1": 101}}, "logit_bias.1", "decimal_above_max_value"),
        ({"user": 5}, "user", "invalid_type"),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": [{}]}, "tools[0].type", "missing_required_parameter"),
        ({"tools": [{"type": "magic"}]}, "tools[0].type", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        (
            {"tools": [TOOL, {"type": "function", "function": {}}]},
            "tools[1].function.name",
            "missing_required_parameter",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "a b"}}]},
            "tools[0].function.name",
            "invalid_value",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f" * 65}}]},
            "tools[0].function.name",
            "invalid_value",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f\n"}}]},
            "tools[0].function.name",
            "invalid_value",
        ),
        ({"tool_choice": "auto"}, "tool_choice", "invalid_value"),
        ({"tool_choice": "sometimes", "tools": [TOOL]}, "tool_choice", "invalid_value"),
        ({"tool_choice": 5, "tools": [TOOL]}, "tool_choice", "invalid_type"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "g"}}, "tools": [TOOL]},
            "tool_choice",
            "invalid_value",
        ),
        (
            {"tool_choice": {"type": "function"}, "tools": [TOOL]},
            "tool_choice.function",
            "missing_required_parameter",
        ),
        (
            {
                "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{}]}},
                "tools": [TOOL],
            },
            "tool_choice.allowed_tools.tools[0].function.name",
            "missing_required_parameter",
        ),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"response_format": {}}, "response_format.type", "missing_required_parameter"),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema",
            "missing_required_parameter",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            "response_format.json_schema",
            "missing_required_parameter",
        ),
        ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value"),
        ({"modalities": "text"}, "modalities", "invalid_type"),
        ({"modalities": ["smell"]}, "modalities[0]", "invalid_value"),
        ({"modalities": ["audio"]}, "audio", "missing_required_parameter"),
        ({"modalities": ["audio"], "audio": {"voice": "v"}}, "audio", "missing_required_parameter"),
        ({"audio": {"format": 5}}, "audio.format", "invalid_type"),
        ({"audio": {"voice": 5}}, "audio.voice", "invalid_type"),
        ({"top_logprobs": 21, "logprobs": True}, "top_logprobs", "integer_above_max_value"),
        ({"top_logprobs": 2}, "top_logprobs", "invalid_value"),
        ({"verbosity": "loud"}, "verbosity", "invalid_value"),
        ({"metadata": []}, "metadata", "invalid_type"),
        ({"prediction": {"type": "content"}}, "prediction.content", "missing_required_parameter"),
        ({"functions": [{}]}, "functions[0].name", "missing_required_parameter"),
        ({"function_call": "required"}, "function_call", "invalid_value"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_offences_name_their_place_and_kind(members: dict[str, Any], param: str, code: str | None):
    assert offence(**members) == (param, code)


def test_messages_say_what_was_expected():
    assert refused(temperature=5).message == (
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 5 instead."
    )
    assert refused(n="1").message == "Invalid type for 'n': expected an integer, but got a string instead."
    assert refused(messages=[{"role": "x"}]).message == (
        "Invalid value: 'x'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'."
    )
    assert refused(messages=None).message == "Missing required parameter: 'messages'."
    assert refused(model=None).message == "you must provide a model parameter"


def test_first_offence_is_told():
    assert offence(temperature=5, messages=[], n=0) == ("messages", "empty_array")


def test_error_body_has_all_four_members():
    assert refused(n=0).to_json() == {
        "error": {
            "message": "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "type": "invalid_request_error",
            "param": "n",
            "code": "integer_below_min_value",
        }
    }


TOO_DEEP = b'{"model": "m", "messages": ' + b"[" * 80 + b"]" * 80 + b"}"
NO_OBJECTS = [
    b"",
    b"{",
    b"[]",
    b"5",
    b"null",
    b"\xff",
    b'{"model": NaN}',
    b'{"n": 1e999}',
    b"[" * 10_000,
    b'"x"',
]


@pytest.mark.parametrize("body", [*NO_OBJECTS, TOO_DEEP], ids=lambda body: repr(body[:20]))
def test_bodies_that_are_no_json_objects_are_refused_as_a_whole(body: bytes):
    with pytest.raises(InvalidRequest) as caught:
        parse_request(body)
    assert (caught.value.param, caught.value.code) == (None, None)
    assert caught.value.message.startswith("We could not parse the JSON body of your request")


def test_calls_may_be_answered_in_any_order_and_history_may_go_on():
    other = {**CALL, "id": "b"}
    calling = {**CALLING, "tool_calls": [CALL, other]}
    messages = [USER, calling, {**ANSWER, "tool_call_id": "b"}, ANSWER, USER]
    assert len(parse(messages=messages).messages) == 5


def test_message_of_an_earlier_reply_may_come_back_with_its_empty_members():
    reply = {
        "role": "assistant",
        "content": "x",
        "tool_calls": [],
        "tool_call_id": "",
        "refusal": None,
        "name": "",
    }
    assert parse(messages=[USER, reply]).messages[1].content == "x"


def test_seed_example_of_audio_without_voice_is_fine_for_text():
    assert parse(modalities=["text"], audio={}).audio == {}


def test_halves_of_surrogate_pairs_and_nul_are_repaired():
    body = b'{"model": "m", "messages": [{"role": "user", "content": "a\\u0000\\ud83d"}]}'
    assert parse_request(body).messages[0].content == "a\ufffd"


names = st.sampled_from([*EVERYTHING, "type", "role", "content", "function", "name", "id", "text", "x"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["m", "user", "text", "auto", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(values)
@settings(max_examples=200, deadline=None)
def test_arbitrary_json_raises_only_invalid_request(value: Any):
    with pytest.raises(InvalidRequest):
        parse_request(json.dumps(value).encode())


@given(names, values, st.sampled_from(["body", "message", "part", "tool", "call"]))
@settings(max_examples=400, deadline=None)
def test_arbitrary_members_anywhere_raise_only_invalid_request(name: str, value: Any, place: str):
    body = json.loads(json.dumps(EVERYTHING))
    targets = {
        "body": body,
        "message": body["messages"][3],
        "part": body["messages"][2]["content"][1],
        "tool": body["tools"][0]["function"],
        "call": body["messages"][3]["tool_calls"][0],
    }
    targets[place][name] = value
    with contextlib.suppress(InvalidRequest):
        request = parse_request(json.dumps(body).encode())
        again = json.dumps(request.to_json()).encode()
        assert parse_request(again).to_json() == request.to_json()


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_arbitrary_bytes_raise_only_invalid_request(body: bytes):
    with pytest.raises(InvalidRequest):
        parse_request(body)
