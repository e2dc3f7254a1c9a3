import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import ModelInfo, read_model, read_model_list
from tests.fakes.replay import model_list as listed_as


def ids_of(value: Any) -> list[str]:
    return [model.id for model in read_model_list(json.dumps(value).encode()).models]


def only(value: dict[str, Any]) -> ModelInfo:
    (model,) = read_model_list(json.dumps({"data": [value]}).encode()).models
    return model


@pytest.mark.parametrize("shape", ["openai", "newapi", "llamacpp", "ollama", "vllm", "array", "models"])
def test_lists_of_known_servers_are_read(shape: str):
    assert ids_of(listed_as(shape)) == ids_of(listed_as("openai")) != []


@pytest.mark.parametrize(("shape", "prefix"), [("openrouter", "vendor/"), ("gemini", "models/")])
def test_ids_are_kept_as_the_server_writes_them(shape: str, prefix: str):
    assert ids_of(listed_as(shape)) == [prefix + name for name in ids_of(listed_as("openai"))] != []


@pytest.mark.parametrize("shape", ["null", "empty"])
def test_a_server_without_models_has_no_problem(shape: str):
    found = read_model_list(json.dumps(listed_as(shape)).encode())
    assert (found.models, found.problem) == ([], "")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<!DOCTYPE html>", "This server does not list its models: its answer is not JSON."),
        (b'{"success": false, "message": "get user group failed"}', "get user group failed"),
        (b'{"error": {"message": "no"}}', "no"),
        (b'{"error": "no"}', "no"),
        (b'{"a": 1}', "This server does not list its models."),
        (b"5", "This server does not list its models."),
    ],
)
def test_other_answers_are_problems_told_plainly(body: bytes, problem: str):
    found = read_model_list(body)
    assert (found.models, found.problem) == ([], problem)


def test_entries_without_a_name_are_dropped_and_repeated_ones_too():
    assert ids_of(
        [{"id": "a"}, {}, None, {"name": "b"}, {"model": "c"}, "d", {"id": " "}, {"id": "a"}]
    ) == list("abcd")


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "a", "context_length": 9},
        {"id": "a", "max_model_len": 9},
        {"id": "a", "max_context_length": 9.0},
        {"id": "a", "meta": {"n_ctx": 9, "n_ctx_train": 99}},
        {"id": "a", "meta": {"n_ctx_train": 9}},
        {"id": "a", "top_provider": {"context_length": 9}},
    ],
)
def test_context_length_is_found_under_its_names(entry: dict[str, Any]):
    assert only(entry).context_length == 9


def test_what_a_model_can_take_and_give_is_kept():
    entry = {
        "id": "v/m:free",
        "name": "M",
        "created": 5,
        "owned_by": "v",
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "supported_parameters": ["tools"],
        "pricing": {"prompt": "0.1"},
    }
    assert only(entry) == ModelInfo(
        id="v/m:free",
        name="M",
        created=5,
        owned_by="v",
        input_modalities=["text", "image"],
        output_modalities=["text"],
        supported_parameters=["tools"],
        extra={"name": "M", "architecture": entry["architecture"], "pricing": {"prompt": "0.1"}},
    )


def test_one_model_is_read_alone():
    assert read_model({"id": "a", "object": "model"}) == ModelInfo(id="a")
    assert read_model([]) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["data", "models", "id", "name", "error", "meta", "created"]), inner
        )
    ),
)


@given(values)
@settings(max_examples=200, deadline=None)
def test_no_list_raises(value: Any):
    read_model_list(json.dumps(value).encode())


@given(st.binary(max_size=50))
@settings(max_examples=50, deadline=None)
def test_no_bytes_raise(body: bytes):
    read_model_list(body)
