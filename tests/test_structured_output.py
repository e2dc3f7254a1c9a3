"""Answers in JSON: what is said of them, and the tree that is shown."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.protocol.text_repair import clean_value
from conversations.structured_output import MOST_NODES, examined, schema_problem

SCHEMA = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "object", "required": ["a b"]}}},
    "required": ["items"],
}
ASKED = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def state(text, asked=ASKED):
    verdict, tree = examined(text, asked)
    return verdict.state, verdict.path, bool(tree)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"items": []}', ("valid", "", True)),
        ('```json\n{"items": []}\n```', ("valid", "", True)),
        ('{"items": [{"a b": 1}, {}]}', ("wrong", "$.items[1]", True)),
        ("{}", ("wrong", "$", True)),
        ('{"items": [', ("broken", "", False)),
        ("Here you are: {}", ("broken", "", False)),
        ("", ("broken", "", False)),
        ("[NaN]", ("broken", "", False)),
        ("[" * 100_000, ("broken", "", False)),
        ("[" * 100 + "]" * 100, ("json", "", False)),
        (json.dumps([0] * (MOST_NODES + 1)), ("json", "", False)),
        ("[1e400]", ("broken", "", False)),
        ('"' + "x" * 300_000 + '"', ("unread", "", False)),
        ("not json " * 30_000, ("unread", "", False)),
    ],
)
def test_an_answer_is_judged_by_the_schema_that_it_was_asked_for_with(text, told):
    assert state(text) == told


def test_without_a_schema_any_json_will_do():
    for asked in (
        {"type": "json_object"},
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": 5},
    ):
        assert state('{"a": 1}', asked) == ("json", "", True)
    refers = {"type": "json_schema", "json_schema": {"schema": {"$ref": "http://127.0.0.1:9/x"}}}
    assert state("{}", refers) == ("json", "", True)


def test_what_is_wrong_is_marked_in_the_tree():
    _, tree = examined('{"items": [{"a b": 1}, {"c": 2}]}', ASKED)
    (wrong,) = re.findall(r'<li class="json-wrong">(.*?)</li>', tree)
    assert "c" in wrong


@given(values)
def test_a_tree_shows_every_value_and_no_markup_of_theirs(value):
    text = json.dumps(value)
    verdict, tree = examined(text, {"type": "json_object"})
    assert verdict.state == "json"
    tags = set(re.findall(r"<(/?\w+)", tree))
    assert tags <= {"ul", "/ul", "li", "/li", "details", "/details", "summary", "/summary", "span", "/span"}
    shown = [
        html.unescape(leaf) for leaf in re.findall(r'<span class="json-string">(.*?)</span>', tree, re.DOTALL)
    ]
    assert [json.loads(leaf) for leaf in shown] == strings_in(clean_value(value))


def strings_in(value):
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for member in members for text in strings_in(member)]


def test_a_schema_is_told_from_something_else():
    assert schema_problem(SCHEMA) == ""
    assert schema_problem({"type": "nonsense"})
    assert schema_problem({"$ref": "http://127.0.0.1:9/x"})
    assert schema_problem(5)


def bomb(levels):
    """Small, and every level doubles the work of the one below it."""
    definitions = {"0": {"type": "string"}}
    for level in range(1, levels + 1):
        below = {"$ref": f"#/$defs/{level - 1}"}
        definitions[str(level)] = {"anyOf": [{"allOf": [below]}, below]}
    return {"$ref": f"#/$defs/{levels}", "$defs": definitions}


def nested_unevaluated(levels):
    schema = {"properties": {"a": True}}
    for _ in range(levels):
        schema = {"allOf": [schema], "unevaluatedProperties": False}
    return schema


RECURSIVE = {
    "type": "object",
    "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
    "required": ["next"],
}


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        (bomb(3), 5, "wrong"),
        (bomb(3), "x", "valid"),
        (bomb(60), 5, "json"),
        ({"$ref": "#"}, 5, "json"),
        (RECURSIVE, {"next": {"next": None}}, "valid"),
        (RECURSIVE, {"next": {"next": 5}}, "wrong"),
        ({"$anchor": "a", "$ref": "#a"}, 5, "json"),
        ({"$ref": "#/nowhere"}, 5, "json"),
        ({"items": {"anyOf": [{"type": "integer"}] * 100}}, [1] * 1000, "json"),
        ({"items": {"type": "integer"}}, [1] * 2000, "valid"),
        ({"anyOf": [{"type": "integer"}] * 3}, "x" * 100_000, "wrong"),
        ({"anyOf": [{"type": "integer"}] * 1000}, "x" * 100_000, "json"),
        (nested_unevaluated(25), {"a": 1}, "json"),
        ({"items": {"enum": [{"a": number} for number in range(6000)]}}, [{"a": -1}] * 1000, "json"),
        ({"enum": ["yes", "no"]}, "no", "valid"),
        ({"pattern": "^(?!(?:x|x(?!z))+y)x"}, "x" * 16, "json"),
        ({"pattern": "^(?:a+)+$"}, "a" * 50 + "b", "wrong"),
        ({"$id": "http://e/r", "$ref": "#/$defs/a", "$defs": {"a": True}}, 1, "json"),
        ({"$ref": "#/%24defs/a", "$defs": {"a": True}, "%24defs": {"a": {}}}, 1, "json"),
    ],
)
def test_a_schema_that_makes_too_much_work_is_left_alone(schema, value, told):
    verdict, _ = examined(json.dumps(value), {"type": "json_schema", "json_schema": {"schema": schema}})
    assert verdict.state == told


def test_halves_of_characters_and_none_at_all_reach_no_database():
    for text in ('{"a": "\\ud800"}', '{"\\u0000b": 1}', '{"items": ["\\udfff\\u0000"]}'):
        verdict, tree = examined(text, ASKED)
        told = f"{verdict} {tree}"
        assert "\0" not in told
        told.encode()
