"""Which parameter an endpoint refused."""

import pytest

from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.protocol.refusals import refused_files, refused_parameter, without_parameter

SENT = {
    "model": "m",
    "messages": [],
    "stop": ["x"],
    "top_k": 4,
    "temperature": 1,
    "user": "me",
    "logit_bias": {},
}


@pytest.mark.parametrize(
    ("message", "param", "name"),
    [
        ("Unrecognized request argument supplied: top_k", None, "top_k"),
        (
            "Unsupported value: 'temperature' does not support 0.2 with this model.",
            "temperature",
            "temperature",
        ),
        ("Unsupported value: 'temperature' does not support 0.2 with this model.", None, "temperature"),
        ("Extra inputs are not permitted", "logit_bias.5", "logit_bias"),
        ("The user may stop here.", None, ""),
        ("'stop' is not supported", None, "stop"),
        ("`logit_bias` and `top_k` are unknown", None, "logit_bias"),
        ("top_kk is unknown", None, ""),
        ("'model' is unknown", "model", ""),
        ("Bad image", "messages[2].content", ""),
        ("max_tokens is too large", "max_tokens", ""),
    ],
)
def test_a_parameter_is_found_that_was_sent_and_can_be_left_out(message, param, name):
    error = EndpointError(ErrorKind.INVALID_REQUEST, message, status=400, param=param)
    assert refused_parameter(error, SENT) == name


def test_what_needs_a_parameter_goes_with_it():
    set_before = {"logprobs": True, "top_logprobs": 5, "seed": 1}
    assert without_parameter(set_before, "logprobs") == {"seed": 1}
    assert without_parameter(set_before, "seed") == {"logprobs": True, "top_logprobs": 5}
    assert without_parameter(set_before, "other") == set_before


def test_other_errors_are_about_no_parameter():
    error = EndpointError(ErrorKind.RATE_LIMIT, "Slow down: top_k", status=429)
    assert refused_parameter(error, SENT) == ""


PICTURE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}


@pytest.mark.parametrize(
    ("kind", "message", "messages", "part"),
    [
        # llama.cpp, Ollama, vLLM, DeepSeek, OpenAI
        (
            ErrorKind.SERVER_ERROR,
            "image input is not supported - hint: you may need mmproj",
            [PICTURE],
            "image_url",
        ),
        (ErrorKind.SERVER_ERROR, "this model does not support multimodal requests", [PICTURE], "image_url"),
        (ErrorKind.INVALID_REQUEST, "m is not a multimodal model: unsupported", [PICTURE], "image_url"),
        (
            ErrorKind.INVALID_REQUEST,
            "messages[0]: unknown variant `image_url`, expected `text`",
            [PICTURE],
            "image_url",
        ),
        (ErrorKind.INVALID_REQUEST, "image input is not supported", [{"role": "user", "content": "Hi"}], ""),
        (ErrorKind.SERVER_ERROR, "The image could not be drawn", [PICTURE], ""),
        (ErrorKind.AUTH, "images are not supported", [PICTURE], ""),
        (
            ErrorKind.INVALID_REQUEST,
            "audio is unsupported",
            [{"role": "user", "content": [{"type": "input_audio"}]}],
            "input_audio",
        ),
    ],
)
def test_files_that_a_model_cannot_read_are_found(kind, message, messages, part):
    assert refused_files(EndpointError(kind, message), {"messages": messages}) == part
