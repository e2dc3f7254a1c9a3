import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.protocol import EndpointError, ErrorKind, Retry, mask_keys, read_error

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def error(status: int, body: Any = b"", **headers: str) -> EndpointError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_error(status, named, data, now=NOW)


def told(message: str = "m", **members: Any) -> dict[str, Any]:
    return {"error": {"message": message, **members}}


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "the words"}},
        [{"error": {"message": "the words"}}],
        {"error": "the words"},
        {"error": {"error": {"message": "the words"}}},
        {"error": {"detail": "the words"}},
        {"error": "Bad Request", "message": "the words"},
        {"object": "error", "message": "the words"},
        {"object": "error", "message": {"detail": [{"msg": "the words"}]}},
        {"detail": "the words"},
        {"detail": [{"loc": ["body"], "msg": "the words"}]},
        {"detail": {"message": "the words"}},
        {"message": "the words"},
        {"msg": "the words"},
        {"err": "the words"},
        {"error_msg": "the words"},
        {"errors": [{"message": "the words"}]},
        {"base_resp": {"status_code": 5, "status_msg": "the words"}},
        "the words",
    ],
    ids=str,
)
def test_every_shape_of_body_is_read(body: Any):
    assert error(400, body).message == "the words"


def test_validation_errors_name_the_parameter():
    found = error(422, {"detail": [{"loc": ["body", "messages", 0], "msg": "wrong", "type": "missing"}]})
    assert (found.param, found.message, found.type) == ("messages.0", "messages.0: wrong", None)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (502, b"", "502 Bad Gateway"),
        (502, b"<html><title>Bad  gateway</title>", "502 Bad Gateway: Bad gateway"),
        (503, b"<html><style>x{}</style><p>Down for\nrepair</p>", "503 Service Unavailable: Down for repair"),
        (500, b"plain words", "500 Internal Server Error: plain words"),
        (529, b"", "status 529"),
        (500, b'{"error": {}}', '500 Internal Server Error: {"error": {}}'),
        (404, b"404 page not found", "404 page not found (is the base URL right? Most end in /v1)"),
    ],
)
def test_bodies_without_an_error_object_are_told_with_the_status(status: int, body: bytes, message: str):
    assert error(status, body).message == message


@pytest.mark.parametrize(
    ("status", "body", "kind", "retry"),
    [
        (400, told(), "invalid_request", "no"),
        (400, told(code="context_length_exceeded"), "context_length", "no"),
        (400, told(type="exceed_context_size_error", code=400), "context_length", "no"),
        (400, told("Your prompt is too long for this model's context"), "context_length", "no"),
        (413, told(code="context_length_exceeded"), "context_length", "no"),
        (400, told(code="content_filter"), "content_filter", "no"),
        (400, told(innererror={"code": "ResponsibleAIPolicyViolation"}), "content_filter", "no"),
        (400, told("Model Not Exist", type="invalid_request_error"), "model_not_found", "no"),
        (400, told("API key not valid.", status="INVALID_ARGUMENT"), "auth", "no"),
        (401, told(code="", type="new_api_error"), "auth", "no"),
        (402, told("Insufficient Balance"), "quota", "no"),
        (403, told(type="permission_error"), "auth", "no"),
        (403, told(code="insufficient_user_quota"), "quota", "no"),
        (403, told(code="pre_consume_token_quota_failed"), "quota", "no"),
        (404, told(type="NotFoundError"), "model_not_found", "no"),
        (404, b"<html>", "bad_response", "no"),
        (404, b'{"detail":"Not Found"}', "bad_response", "no"),
        (405, b'{"detail":"Method Not Allowed"}', "bad_response", "no"),
        (404, b'{"detail":"No such model: x"}', "model_not_found", "no"),
        (405, b"", "bad_response", "no"),
        (
            404,
            told("Invalid URL (POST /chat/completions)", type="invalid_request_error"),
            "bad_response",
            "no",
        ),
        (404, told("x", code="unknown_url"), "bad_response", "no"),
        (404, told("File Not Found", type="not_found_error", code=404), "bad_response", "no"),
        (
            404,
            b'{"message":"Route POST:/chat/completions not found","error":"Not Found"}',
            "bad_response",
            "no",
        ),
        (404, b'{"timestamp":1,"status":404,"error":"Not Found","path":"/x"}', "bad_response", "no"),
        (415, b"", "bad_response", "no"),
        (415, told("Only PNG images."), "invalid_request", "no"),
        (302, b"", "invalid_request", "no"),
        (408, b"", "timeout", "yes"),
        (409, told(), "server_error", "yes"),
        (413, told(code="read_request_body_failed"), "too_large", "no"),
        (413, told(code="rate_limit_exceeded", type="tokens"), "too_large", "no"),
        (422, told(type="extra_forbidden"), "invalid_request", "no"),
        (429, told(type="tokens", code="rate_limit_exceeded"), "rate_limit", "yes"),
        (429, b"", "rate_limit", "yes"),
        (429, told(code="insufficient_quota"), "quota", "no"),
        (429, told("Rate limit exceeded: free-models-per-day"), "quota", "no"),
        (429, told(status="RESOURCE_EXHAUSTED", code=429), "rate_limit", "yes"),
        (500, told(type="server_error"), "server_error", "yes"),
        (500, told(code="invalid_request", type="new_api_error"), "invalid_request", "no"),
        (500, told(code="model_price_error"), "invalid_request", "no"),
        (500, told(code="sensitive_words_detected"), "content_filter", "no"),
        (500, told("image input is not supported - hint: mmproj", code=500), "invalid_request", "no"),
        (502, b"<html>", "server_error", "yes"),
        (503, told(type="overloaded_error"), "server_error", "yes"),
        (503, told("No available channel for model x", type="new_api_error"), "model_not_found", "no"),
        (504, told(), "timeout", "yes"),
        (504, b"<html>", "timeout", "user"),
        (524, b"", "timeout", "user"),
        (520, b"", "server_error", "yes"),
        (529, told(), "server_error", "yes"),
    ],
    ids=str,
)
def test_status_and_words_give_kind_and_retry(status: int, body: Any, kind: str, retry: str):
    found = error(status, body)
    assert (found.kind, found.retry) == (ErrorKind(kind), Retry(retry))


@pytest.mark.parametrize(
    ("headers", "seconds", "retry"),
    [
        ({"retry-after": "20"}, 20, Retry.YES),
        ({"Retry-After": "1.5"}, 1.5, Retry.YES),
        ({"retry-after-ms": "250", "retry-after": "20"}, 0.25, Retry.YES),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30, Retry.YES),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0, Retry.YES),
        ({"retry-after": "600"}, 600, Retry.USER),
        ({"retry-after": "soon"}, None, Retry.YES),
        ({"retry-after": "-1"}, None, Retry.YES),
        ({"retry-after": "nan"}, None, Retry.YES),
        ({"x-should-retry": "false"}, None, Retry.NO),
    ],
    ids=str,
)
def test_headers_say_when_to_retry(headers: dict[str, str], seconds: float | None, retry: Retry):
    found = read_error(429, headers, b"", now=NOW)
    assert (found.retry_after, found.retry) == (seconds, retry)


def test_endpoint_may_advise_to_retry_what_would_not_be():
    assert read_error(400, {"x-should-retry": "true"}, b"").retry is Retry.YES


def test_delay_may_stand_in_the_details():
    details = [{"@type": "x"}, {"retryDelay": "34s"}]
    assert error(429, told(details=details)).retry_after == 34


def test_members_of_the_error_are_kept_as_text():
    found = error(400, told(type="t", code=7, param="n"))
    assert (found.type, found.code, found.param) == ("t", "7", "n")
    assert error(400, told(type="", code=True, param=None)).to_json()["code"] is None


def test_what_a_provider_behind_the_endpoint_said_is_added():
    found = error(502, told("Provider returned error", metadata={"raw": "upstream busy"}))
    assert found.message == "Provider returned error: upstream busy"


def test_messages_are_short_and_without_keys():
    found = error(401, told("Incorrect API key: sk-proj-abc123DEF456ghi789. " + "x" * 3000))
    assert len(found.message) == 500
    assert found.message.startswith("Incorrect API key: sk-***.")


def test_key_at_the_end_of_what_is_kept_is_masked_too():
    text = error(400, told("x" * 470 + " Bearer abcdefghijklmnopqrstuvwxyz0123456789")).message
    assert text.endswith("Bearer ***")


def test_members_of_the_error_are_masked_as_the_message_is():
    key = "sk-proj-abc123DEF456ghi789"
    found = error(401, told(type=f"type {key}", code="c" * 190 + f" {key}", param=f"/models?key={key}"))
    assert key[:12] not in f"{found.to_json()}"
    assert (found.type, found.param) == ("type sk-***", "/models?key=***")
    located = error(422, {"detail": [{"loc": ["query", key], "msg": "wrong"}]})
    assert key not in f"{located.to_json()}"


def test_what_else_is_secret_is_taken_out_first():
    def mask(text: str) -> str:
        return mask_keys(text.replace("sk-abcdefgh.rest/of+it", "(secret)"))

    found = read_error(401, {}, b'{"error": {"message": "bad sk-abcdefgh.rest/of+it"}}', mask=mask)
    assert found.message == "bad (secret)"


def test_error_repeats_nothing_automatically_once_output_came():
    found = error(503)
    assert found.after_output().retry is Retry.USER
    assert error(400).after_output().retry is Retry.NO
    assert found.after_output().to_json() == {**found.to_json(), "retry": "user"}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda v: (
            st.lists(v)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "error",
                        "message",
                        "detail",
                        "code",
                        "type",
                        "loc",
                        "errors",
                        "base_resp",
                        "status_code",
                    ]
                ),
                v,
            )
        ),
    ),
    st.integers(300, 599),
)
@settings(max_examples=250, deadline=None)
def test_any_json_is_an_error_with_a_message(body: Any, status: int):
    found = error(status, body)
    assert 0 < len(found.message) <= 500
    found.message.encode()
