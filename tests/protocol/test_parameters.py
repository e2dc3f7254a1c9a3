"""The parameters that a page offers one by one."""

from hypothesis import given
from hypothesis import strategies as st

from conversations.protocol import requests
from conversations.protocol.parameters import BY_NAME, PARAMETERS, put_together, taken_apart

# No control characters but line breaks: browsers and databases change the others.
words = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\\="), min_size=1, max_size=9
)
VALUES = {
    "number": st.floats(0, 1),
    "integer": st.integers(1, 20),
    "boolean": st.booleans(),
    "text": words.map(str.strip).filter(bool),  # a field is posted without the space around it
    "lines": st.lists(words, min_size=1, max_size=4),
    "biases": st.dictionaries(words, st.integers(-100, 100), min_size=1),
}
bodies = st.fixed_dictionaries(
    {},
    optional={
        parameter.name: (
            st.sampled_from(parameter.choices)
            if parameter.kind == "choice"
            else st.lists(st.sampled_from(parameter.choices), min_size=1, unique=True)
            if parameter.kind == "names"
            else VALUES[parameter.kind]
        )
        for parameter in PARAMETERS
    },
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(bodies, st.dictionaries(st.sampled_from(["top_k", "metadata", "x"]), anything))
def test_a_request_taken_apart_and_put_together_is_the_same(values, rest):
    body = put_together(values, rest)
    assert taken_apart(body) == (values, rest)


@given(st.dictionaries(st.sampled_from([p.name.partition(".")[0] for p in PARAMETERS]), anything))
def test_what_does_not_fit_a_control_is_kept_beside_them(body):
    values, rest = taken_apart(body)
    assert put_together(values, rest) == body


def test_a_text_that_is_only_space_is_kept_beside_its_control():
    body = {"audio": {"voice": " "}}
    assert taken_apart(body) == ({}, body)
    assert put_together({}, body) == body


def test_every_parameter_is_one_that_requests_may_have():
    fields = set(requests.ChatCompletionRequest.__struct_fields__)
    assert {name.partition(".")[0] for name in BY_NAME} <= fields


def test_the_defaults_lie_in_the_range():
    for parameter in PARAMETERS:
        if parameter.choices and parameter.default:
            assert parameter.default in parameter.choices
        elif parameter.default not in ("", "true", "false"):
            highest = float("inf") if parameter.high is None else parameter.high
            assert parameter.low <= float(parameter.default) <= highest
