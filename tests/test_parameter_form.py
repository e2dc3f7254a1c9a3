"""The form of parameters: what is typed, what is sent, and what is refused."""

import json

import pytest
from hypothesis import given

from conversations.models import RequestSettings
from conversations.parameter_form import PREFIX, ParameterForm
from conversations.protocol.parameters import put_together
from tests.protocol.test_parameters import bodies


def typed(**values):
    """A form as a browser sends it; a name's dots are written as two low lines."""
    return ParameterForm({f"{PREFIX}-{name.replace('__', '.')}": value for name, value in values.items()})


def sent(**values):
    form = typed(**values)
    assert form.is_valid(), form.errors
    return form.request_settings.parameters


def refused(**values):
    """The names of the controls that say what is wrong."""
    return set(typed(**values).errors)


def posted_again(settings):
    """What a browser sends when somebody opens the form and posts it as it is."""
    form = ParameterForm(settings=settings)
    data = {}
    for name in form.fields:
        value = form[name].value()
        if value is not None:
            data[f"{PREFIX}-{name}"] = value
    again = ParameterForm(data)
    assert again.is_valid(), again.errors
    return again.request_settings


def test_nothing_typed_sends_nothing():
    assert typed().is_valid()
    assert sent() == {}


def test_only_what_is_typed_is_sent_and_as_the_protocol_has_it():
    assert sent(
        temperature="0.5",
        top_p="1",
        n="2",
        stop="END\n\\n\\n\nA\\\\n",
        logit_bias=" yes = 5\n50256=-100\na=b = 0.5",
        logprobs="true",
        top_logprobs="3",
        seed="-7",
        stream_options__include_usage="false",
        modalities=["text", "audio"],
        audio__voice="alloy",
        audio__format="wav",
        parallel_tool_calls="false",
        extra='{"top_k": 40, "tool_choice": {"type": "function", "function": {"name": "f"}}}',
    ) == {
        "temperature": 0.5,
        "top_p": 1,
        "n": 2,
        "stop": ["END", "\n\n", "A\\n"],
        "logit_bias": {" yes": 5, "50256": -100, "a=b": 0.5},
        "logprobs": True,
        "top_logprobs": 3,
        "seed": -7,
        "stream_options": {"include_usage": False},
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "wav"},
        "parallel_tool_calls": False,
        "top_k": 40,
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    }


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"temperature": "2.1"}, {"temperature"}),
        ({"temperature": "warm"}, {"temperature"}),
        ({"temperature": "nan"}, {"temperature"}),
        ({"top_p": "-0.1"}, {"top_p"}),
        ({"n": "0"}, {"n"}),
        ({"n": "1.5"}, {"n"}),
        ({"max_tokens": "0"}, {"max_tokens"}),
        ({"presence_penalty": "3"}, {"presence_penalty"}),
        ({"seed": str(2**63)}, {"seed"}),
        ({"logit_bias": "hello"}, {"logit_bias"}),
        ({"logit_bias": "5 = 101"}, {"logit_bias"}),
        ({"logit_bias": "= 5"}, {"logit_bias"}),
        ({"reasoning_effort": "enormous"}, {"reasoning_effort"}),
        ({"top_logprobs": "5"}, {"top_logprobs"}),
        ({"logprobs": "true", "top_logprobs": "21"}, {"top_logprobs"}),
        ({"modalities": ["audio"], "audio__voice": "alloy"}, {"audio.format"}),
        ({"response_format__type": "json_schema"}, {"response_format.json_schema"}),
        ({"response_format__json_schema": "{}x"}, {"response_format.json_schema"}),
        ({"response_format__json_schema": '{"type": "object"}'}, {"response_format.type"}),
        ({"stream": "false", "stream_options__include_usage": "true"}, {"stream_options.include_usage"}),
        ({"extra": "[1]"}, {"extra"}),
        ({"extra": '{"a": NaN}'}, {"extra"}),
        ({"extra": '{"model": "other"}'}, {"extra"}),
        ({"extra": '{"messages": []}'}, {"extra"}),
        ({"extra": '{"metadata": 5}'}, {"extra"}),
        ({"extra": '{"temperature": 7}'}, {"temperature"}),
        ({"temperature": "1", "extra": '{"temperature": 0.5}'}, {"extra"}),
        ({"audio__voice": "alloy", "extra": '{"audio": "x"}'}, {"extra"}),
        ({"extra": '{"a": 1e400}'}, {"extra"}),
        ({"extra": '{"a": 1, "a": 2}'}, {"extra"}),
        ({"extra": '{"a\\u0000": 1, "a": 2}'}, {"extra"}),
        ({"extra": '{"a": ' + "[" * 70 + "]" * 70 + "}"}, {"extra"}),
        (
            {
                "response_format__type": "json_schema",
                "response_format__json_schema": '{"name": "x", "strict": true}',
            },
            {"response_format.json_schema"},
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_was_typed(values, names):
    assert refused(**values) == names


def test_a_bare_schema_gets_a_name_and_one_that_has_everything_is_left_as_it_is():
    schema = {"type": "object", "properties": {}}
    whole = {"name": "point", "strict": True, "schema": schema}
    for typed_in, read in ((schema, {"name": "answer", "schema": schema}), (whole, whole)):
        body = sent(response_format__type="json_schema", response_format__json_schema=json.dumps(typed_in))
        assert body == {"response_format": {"type": "json_schema", "json_schema": read}}


@given(bodies)
def test_a_form_that_is_opened_and_posted_changes_nothing(values):
    settings = RequestSettings(system_prompt="Be brief.", system_role="developer", parameters=valid(values))
    assert posted_again(settings) == settings


@pytest.mark.parametrize(
    "parameters",
    [
        {"stop": "END"},
        {"seed": 2**64},
        {"user": "u" * 600},
        {"logit_bias": {"5": 0.1234567}},
        {"temperature": 1e-22},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}, "more": 1}},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    ],
)
def test_what_no_control_can_show_is_kept_as_it_is(parameters):
    settings = RequestSettings(parameters=parameters)
    assert posted_again(settings) == settings


def valid(values):
    """Some of `values` that go together."""
    kept = dict(values)
    if kept.get("response_format.type") == "json_schema":
        kept["response_format.json_schema"] = {"name": "x", "schema": {"type": "object"}}
    if not kept.get("logprobs"):
        kept.pop("top_logprobs", None)
    if "audio" in kept.get("modalities", ()):
        kept |= {"audio.voice": "alloy", "audio.format": "wav"}
    if kept.get("stream") is False:
        kept.pop("stream_options.include_usage", None)
    for name in ("audio.voice", "user"):
        if name in kept:
            kept[name] = " ".join(kept[name].split()) or "x"
    return put_together(kept, {"top_k": 5})
